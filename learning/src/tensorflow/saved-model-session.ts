/** A SavedModel in TensorFlow's library: loaded once, asked in one call. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import type { GraphOutput } from '../formats/graphs/index.js';
import { type SavedModelPackage, SERVE_TAG } from '../formats/saved-model/index.js';
import { type Engine, modelFailure, type NativeBackend, nativeBackend } from './engine/index.js';
import { takenOutput } from './graph-tensors.js';

export type FedType = 'float32' | 'uint8' | 'int32' | 'int64' | 'bool' | 'string';

/** What a tensor of the graph is given. */
export interface FedTensor {
  /** `serving_default_pixels:0`. */
  readonly tensor: string;
  readonly elementType: FedType;
  readonly shape: readonly number[];
  /** Row-major: texts for strings, else numbers. Whole numbers are rounded; bytes stay within 0 to 255. */
  readonly values: Float32Array | readonly (string | number)[];
}

export class SavedModelSession {
  readonly #backend: NativeBackend;
  readonly #session: number;

  private constructor(backend: NativeBackend, session: number) {
    this.#backend = backend;
    this.#session = session;
  }

  /**
   * @param use - makes what is wanted of the session, and runs it once; if it fails, the session is closed.
   * @throws {LyceumError} FAILED_PRECONDITION if the engine is not TensorFlow's library, INVALID_ARGUMENT if that refuses the
   *   model; as `modelFailure`.
   */
  static async open<T>(
    engine: Engine,
    packaged: SavedModelPackage,
    use: (session: SavedModelSession) => Promise<T>,
  ): Promise<T> {
    const backend = nativeBackend(engine);
    if (backend === undefined) {
      const message = `a SavedModel needs TensorFlow's library, and this process computes with ${engine.version}`;
      throw new LyceumError('FAILED_PRECONDITION', message);
    }
    let session: SavedModelSession | undefined;
    try {
      session = new SavedModelSession(backend, load(backend, packaged));
      return await use(session);
    } catch (err) {
      session?.close();
      throw modelFailure(err, 'TensorFlow refuses the model');
    }
  }

  close(): void {
    this.#backend.deleteSavedModel(this.#session);
  }

  /** @param output - its tensor, of float32. */
  run(inputs: readonly FedTensor[], output: string): GraphOutput {
    const { binding } = this.#backend;
    const fed: number[] = [];
    try {
      for (const input of inputs) fed.push(createdTensor(this.#backend, input));
      const names = inputs.map(({ tensor }) => tensor).join(',');
      const [given] = binding.runSavedModel(this.#session, fed, names, output);
      if (given === undefined) throw new Error('TensorFlow gave no output');
      return takenOutput(this.#backend.createOutputTensor(given));
    } finally {
      for (const id of fed) binding.deleteTensor(id);
    }
  }
}

/** TensorFlow reads a SavedModel from a folder, once. */
function load(backend: NativeBackend, { files }: SavedModelPackage): number {
  const folder = mkdtempSync(join(tmpdir(), 'saved-model-'));
  try {
    for (const [name, bytes] of files) {
      const file = join(folder, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
    }
    return backend.loadSavedModelMetaGraph(folder, SERVE_TAG);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Its id. tfjs's own tensors have no bytes, and no whole numbers above 2³¹. */
function createdTensor({ binding }: NativeBackend, fed: FedTensor): number {
  const { type, stored } = STORED[fed.elementType];
  return binding.createTensor(fed.shape, type, stored(fed.values));
}

interface StoredValues {
  /** The number of its `DataType`. */
  readonly type: number;
  readonly stored: (values: FedTensor['values']) => unknown;
}

/** How values lie in a tensor. */
const STORED: Readonly<Record<FedType, StoredValues>> = {
  float32: {
    type: 1,
    stored: (values) =>
      values instanceof Float32Array ? values : Float32Array.from(values, Number),
  },
  int32: { type: 3, stored: (values) => Int32Array.from(values, wholeNumber) },
  uint8: { type: 4, stored: (values) => new Uint8Array(Uint8ClampedArray.from(values, Number)) },
  string: {
    type: 7,
    stored: (values) => Array.from(values, (value) => Buffer.from(String(value))),
  },
  int64: {
    type: 9,
    // The library takes them in halves, the lower first.
    stored: (values) =>
      new Int32Array(BigInt64Array.from(values, (value) => BigInt(wholeNumber(value))).buffer),
  },
  bool: { type: 10, stored: (values) => Uint8Array.from(values, Number) },
};

function wholeNumber(value: string | number): number {
  return Math.round(Number(value));
}
