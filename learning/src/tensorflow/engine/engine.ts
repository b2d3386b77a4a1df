/**
 * The engine: one tfjs namespace with a backend that computes.
 *
 * `native` is TensorFlow's own library through `@tensorflow/tfjs-node-gpu`, on a GPU where it finds one.
 * Where its addon does not load, `wasm` computes the same on one CPU core, 5 to 7 times slower. A thread
 * has one engine: tfjs keeps its backend in global state.
 *
 * Equal inputs give equal bits on the same engine, device type and thread count.
 */
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import util from 'node:util';
import { LyceumError } from '@lyceum/proto';
import { driverProblem, type GpuFacts } from './gpu-failure.js';
import type { Tf } from './tf.js';
import { registerGradientKernels } from './wasm-kernels.js';

export interface Engine {
  readonly tf: Tf;
  readonly name: 'native' | 'wasm';
  /** Name and version, as `tensorflow 2.21.0`, `tfjs-wasm 4.22.0`. */
  readonly version: string;
  /** `gpu`, or `cpu` and its model. */
  readonly device: string;
}

export interface EngineOptions {
  /** Opens this engine or fails; absent: native where it loads, else WebAssembly. */
  readonly only?: Engine['name'];
  /** Called once with the reason why the slow engine computes; default: a warning of the process. */
  readonly warn?: (message: string) => void;
}

const require = createRequire(import.meta.url);

/** Fields of the native backend beyond tfjs's interface. */
interface NativeBackend {
  readonly binding: { readonly TF_Version: string };
  readonly isUsingGpuDevice: boolean;
}

/**
 * Opens the thread's engine. {@link prepareEngine} was called in the main thread before.
 *
 * @throws {LyceumError} FAILED_PRECONDITION if `only` names an engine that does not load.
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { only, warn = (message) => process.emitWarning(message) } = options;
  if (only === 'wasm') return openWasm();
  try {
    return await openNative();
  } catch (err) {
    const reason = err instanceof Error ? (err.message.split('\n')[0] ?? '') : String(err);
    if (only === 'native') {
      throw new LyceumError('FAILED_PRECONDITION', `TensorFlow's addon does not load: ${reason}`, {
        cause: err,
      });
    }
    warn(
      `TensorFlow's addon does not load (${reason}); computing with WebAssembly, 5 to 7 times slower`,
    );
    return openWasm();
  }
}

/** Why TensorFlow does not compute on the GPU that is there; undefined: it computes on it. */
export function gpuProblem(
  engine: { readonly name: string; readonly device: string },
  gpu: GpuFacts,
): string | undefined {
  if (engine.name === 'wasm') {
    return "TensorFlow's addon does not load, and WebAssembly computes on the processor alone";
  }
  if (engine.device === 'gpu') return driverProblem(gpu);
  return 'TensorFlow finds no GPU: it wants a set-up with LYCEUM_ACCELERATOR=cuda, CUDA 12 and cuDNN 9';
}

/** `strict`: equal bits on the same GPU model, where TensorFlow has such operations. `fast`: its fastest, and TF32. */
type Determinism = 'strict' | 'fast';

/** The one GPU that the engines of a process see, and how they compute on it. */
export interface EngineGpu {
  readonly uuid: string;
  readonly determinism: Determinism;
}

/**
 * Sets the variables that engines read from the environment when they are loaded. Bits depend on the thread count.
 * Without a GPU nothing is set for determinism: the processor's bits are what they are.
 *
 * Call it in the main thread: a worker thread's `process.env` is a copy that C code does not see.
 *
 * @param gpu - undefined: the processor computes, whatever GPUs there are.
 */
export function prepareEngine(env: NodeJS.ProcessEnv, threads: number, gpu?: EngineGpu): void {
  env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  env['TF_NUM_INTEROP_THREADS'] = String(threads);
  env['TF_CPP_MIN_LOG_LEVEL'] ??= '3';
  // Otherwise TensorFlow takes all memory at once, and ONNX Runtime finds none.
  env['TF_FORCE_GPU_ALLOW_GROWTH'] = 'true';
  env['CUDA_VISIBLE_DEVICES'] = gpu?.uuid ?? '-1';
  if (gpu?.determinism !== 'strict') return;
  env['TF_DETERMINISTIC_OPS'] = '1';
  env['NVIDIA_TF32_OVERRIDE'] = '0';
}

async function openNative(): Promise<Engine> {
  replaceUtilFunctions();
  // Loading it registers its backend with the one `@tensorflow/tfjs` of this thread.
  require('@tensorflow/tfjs-node-gpu');
  const tf = require('@tensorflow/tfjs') as Tf;
  await tf.setBackend('tensorflow');
  const backend = tf.backend() as unknown as NativeBackend;
  return {
    tf,
    name: 'native',
    version: `tensorflow ${backend.binding.TF_Version}`,
    device: backend.isUsingGpuDevice ? 'gpu' : cpuName(),
  };
}

async function openWasm(): Promise<Engine> {
  const tf = require('@tensorflow/tfjs') as Tf;
  const wasm =
    require('@tensorflow/tfjs-backend-wasm') as typeof import('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  if (!(await tf.setBackend('wasm'))) {
    throw new LyceumError('FAILED_PRECONDITION', 'the WebAssembly backend does not start');
  }
  registerGradientKernels(tf);
  return { tf, name: 'wasm', version: `tfjs-wasm ${wasm.version_wasm}`, device: cpuName() };
}

function cpuName(): string {
  const model = cpus()[0]?.model.trim();
  return model === undefined || model === '' ? 'cpu' : `cpu ${model}`;
}

/** Replaces two functions that tfjs-node calls: Node 22 warns of them, and later ones have not both. */
function replaceUtilFunctions(): void {
  const target = util as unknown as Record<string, unknown>;
  target['isNullOrUndefined'] = (value: unknown) => value === null || value === undefined;
  target['isArray'] = Array.isArray;
}
