/** A SavedModel in TensorFlow's library: loaded once, asked in one call. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import type { GraphOutput } from '../formats/graphs/index.js';
import { type SavedModelPackage, SERVE_TAG } from '../formats/saved-model/index.js';
import { type Engine, modelFailure, type NativeBackend, nativeBackend } from './engine/index.js';
import { takenOutput } from './graph-tensors.js';
import {
  createdTensor,
  type LibraryType,
  type LibraryValues,
  madeFloat32,
} from './library-tensors.js';

/** A tensor of the graph, and the values that it is given. */
export interface FedTensor {
  /** The tensor's name, as `serving_default_pixels:0`. */
  readonly tensor: string;
  readonly elementType: LibraryType;
  readonly shape: readonly number[];
  readonly values: LibraryValues;
}

/**
 * Why a SavedModel does not open or run. `tf.saved_model.save` writes a model of Keras 3 so that Python alone restores
 * its variables.
 */
export function savedModelFailure(thrown: unknown): LyceumError {
  const failure = modelFailure(thrown, 'TensorFlow refuses the model');
  const variable = /Could not find variable ([^\s]+?)\. /.exec(failure.message)?.[1];
  if (variable === undefined) return failure;
  const message = `TensorFlow refuses the model: nothing restores its variable ${variable}; save a model of Keras 3 with model.export(FOLDER), and not with tf.saved_model.save`;
  return new LyceumError('INVALID_ARGUMENT', message, { cause: thrown });
}

export class SavedModelSession {
  readonly #backend: NativeBackend;
  readonly #session: number;

  private constructor(backend: NativeBackend, session: number) {
    this.#backend = backend;
    this.#session = session;
  }

  /**
   * @param use - makes the caller's object of the session, and runs it once; if that fails, the session is closed.
   * @throws {LyceumError} FAILED_PRECONDITION if the engine is not TensorFlow's library, INVALID_ARGUMENT if the
   * library refuses the model; as `modelFailure`.
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
      throw savedModelFailure(err);
    }
  }

  close(): void {
    this.#backend.deleteSavedModel(this.#session);
  }

  /** @param output - the output's tensor, of real numbers. */
  run(inputs: readonly FedTensor[], output: string): GraphOutput {
    const { binding } = this.#backend;
    const fed: number[] = [];
    try {
      for (const { elementType, shape, values } of inputs) {
        fed.push(createdTensor(binding, elementType, shape, values));
      }
      const names = inputs.map(({ tensor }) => tensor).join(',');
      const [given] = binding.runSavedModel(this.#session, fed, names, output);
      if (given === undefined) throw new Error('TensorFlow gave no output');
      return takenOutput(this.#backend.createOutputTensor(madeFloat32(binding, given)));
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
