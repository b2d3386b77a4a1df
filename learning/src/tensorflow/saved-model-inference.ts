/** Runs a classifier that is a TensorFlow SavedModel, in one call of TensorFlow's library. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import {
  type ElementType,
  GraphInference,
  type GraphInferenceOptions,
  type GraphOutput,
} from '../formats/graphs/index.js';
import {
  type SavedModelPackage,
  SERVE_TAG,
  savedModelClassifier,
} from '../formats/saved-model/index.js';
import {
  type Engine,
  type InputInfo,
  modelFailure,
  type NativeBackend,
  nativeBackend,
} from './engine/index.js';
import { graphInput, takenOutput } from './graph-tensors.js';

export class SavedModelInference extends GraphInference {
  readonly #engine: Engine;
  readonly #backend: NativeBackend;
  readonly #session: number;
  readonly #input: InputInfo;
  readonly #output: string;

  private constructor(
    engine: Engine,
    backend: NativeBackend,
    session: number,
    packaged: SavedModelPackage,
    options: GraphInferenceOptions,
  ) {
    const { tensorOf, ...classifier } = savedModelClassifier(packaged);
    super(classifier, packaged.settings, options);
    const { input, output } = classifier;
    this.#engine = engine;
    this.#backend = backend;
    this.#session = session;
    this.#input = { name: tensorOf.get(input.name) ?? '', ...typeOf(input.elementType) };
    this.#output = tensorOf.get(output.name) ?? '';
  }

  /**
   * Loads the model and runs it once, on zeros.
   *
   * @throws {LyceumError} FAILED_PRECONDITION if the engine is not TensorFlow's library, INVALID_ARGUMENT if that
   *   refuses the model, or samples of that shape do not fit; as `modelFailure`.
   */
  static async open(
    engine: Engine,
    packaged: SavedModelPackage,
    options: GraphInferenceOptions,
  ): Promise<SavedModelInference> {
    const backend = nativeBackend(engine);
    if (backend === undefined) {
      const message = `a SavedModel needs TensorFlow's library, and this process computes with ${engine.version}`;
      throw new LyceumError('FAILED_PRECONDITION', message);
    }
    let session: number | undefined;
    try {
      session = load(backend, packaged);
      const inference = new SavedModelInference(engine, backend, session, packaged, options);
      await inference.warmUp();
      return inference;
    } catch (err) {
      if (session !== undefined) backend.deleteSavedModel(session);
      throw modelFailure(err, 'TensorFlow refuses the model');
    }
  }

  override async close(): Promise<void> {
    this.#backend.deleteSavedModel(this.#session);
  }

  protected override call(padded: Float32Array<ArrayBuffer>): GraphOutput {
    const { tf } = this.#engine;
    const [session, infos, names] = [this.#session, [this.#input], [this.#output]];
    const given = tf.tidy(() => {
      const samples = graphInput(tf, this.classifier.input.elementType, padded, this.shape);
      const [output] = this.#backend.runSavedModel(session, [samples], infos, names);
      if (output === undefined) throw new Error('TensorFlow gave no output');
      return output;
    });
    return takenOutput(given);
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

/** What tfjs's backend converts for. */
function typeOf(type: ElementType): Pick<InputInfo, 'dtype' | 'tfDtype'> {
  switch (type) {
    case 'uint8':
      return { dtype: 'int32', tfDtype: 'DT_UINT8' };
    case 'int32':
      return { dtype: 'int32', tfDtype: 'DT_INT32' };
    case 'int64':
      return { dtype: 'int32', tfDtype: 'DT_INT64' };
    default:
      return { dtype: 'float32', tfDtype: 'DT_FLOAT' };
  }
}
