/** Opens a model in ONNX Runtime, on one device, and says what it refuses in words that tell what to do. */
import { LyceumError, toLyceumError } from '@lyceum/proto';
import type { InferenceSession } from 'onnxruntime-node';
import { cudaProviderError, missingCudaProvider } from './cuda-provider.js';

export type Runtime = typeof import('onnxruntime-node');

export type OnnxDevice = 'cpu' | 'cuda';

export interface OnnxPlace {
  /** Threads of the runtime; bits depend on their number. */
  readonly threads: number;
  /** Default: the processor. `cuda` is the first GPU that the process sees; nothing else takes its place. */
  readonly device?: OnnxDevice;
}

/**
 * The options that a session is opened with. The binding passes a device's number on, and no other setting of a
 * provider.
 */
export function sessionOptions(
  threads: number,
  device: OnnxDevice,
): InferenceSession.SessionOptions {
  return {
    executionProviders: device === 'cpu' ? ['cpu'] : [{ name: 'cuda', deviceId: 0 }],
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Waiting threads would take the cores from other work on the machine.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    // Errors are thrown; printed, they would be said twice.
    logSeverityLevel: 4,
  };
}

/**
 * @param file - an `.onnx` file's bytes.
 * @param use - makes the caller's object of the session, and runs it once; if that fails, the session is released.
 * @throws {LyceumError} INVALID_ARGUMENT if the runtime refuses the model, or its first run;
 *   FAILED_PRECONDITION if the runtime cannot use the GPU, RESOURCE_EXHAUSTED if that has too little memory.
 */
export async function openSession<T>(
  file: Uint8Array,
  { threads, device = 'cpu' }: OnnxPlace,
  use: (runtime: Runtime, session: InferenceSession) => Promise<T>,
): Promise<T> {
  const missing = device === 'cuda' ? missingCudaProvider() : undefined;
  if (missing !== undefined) throw new LyceumError('FAILED_PRECONDITION', missing);
  // Imported here and not above: a program without ONNX models never loads the runtime.
  const runtime = await import('onnxruntime-node');
  let session: InferenceSession | undefined;
  try {
    session = await runtime.InferenceSession.create(file, sessionOptions(threads, device));
    return await use(runtime, session);
  } catch (err) {
    await session?.release();
    if (err instanceof LyceumError) throw err;
    const said = toLyceumError(err).message;
    const gpu = device === 'cuda' ? cudaProviderError(said) : undefined;
    if (gpu !== undefined) throw gpu;
    const message = `the ONNX runtime refuses the model: ${runtimeWords(said)}`;
    throw new LyceumError('INVALID_ARGUMENT', message, { cause: err });
  }
}

/** Advice, by the runtime's words. */
const ADVICE = [
  {
    said: /tensor\(bfloat16\)/,
    advice: 'it has that operation for other types of numbers: export the model in float32',
  },
  {
    said: /Unsupported model IR version/,
    advice:
      'the file is newer than the runtime: export it for an older opset, or lower ir_version of the loaded model and save it again',
  },
  {
    said: /Could not find an implementation/,
    advice: 'it has that operation for other types of numbers: export the model in float32',
  },
  {
    said: /Failed to construct locale/,
    advice:
      "the model asks for a language that this machine does not have: export it with convert_sklearn(…, options={TfidfVectorizer: {'locale': 'C'}}), or install the language",
  },
];

/**
 * The runtime's words, without places in its own source. If it has an operation for other types of numbers alone, with
 * advice.
 */
export function runtimeWords(said: string): string {
  const plain = said.replace(/\/onnxruntime_src\/\S+:\d+ .*?[)>] (?=\S)/gs, '').trim();
  const advice = ADVICE.find(({ said: words }) => words.test(plain))?.advice;
  return advice === undefined ? plain : `${plain.replace(/\.$/, '')}; ${advice}`;
}
