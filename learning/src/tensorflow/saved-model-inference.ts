/** Runs a classifier that is a TensorFlow SavedModel, in one call of TensorFlow's library. */
import {
  GraphInference,
  type GraphInferenceOptions,
  type GraphOutput,
} from '../formats/graphs/index.js';
import { type SavedModelPackage, savedModelClassifier } from '../formats/saved-model/index.js';
import type { Engine } from './engine/index.js';
import type { LibraryType } from './library-tensors.js';
import { SavedModelSession } from './saved-model-session.js';

export class SavedModelInference extends GraphInference {
  readonly #session: SavedModelSession;
  readonly #input: string;
  readonly #output: string;

  private constructor(
    session: SavedModelSession,
    packaged: SavedModelPackage,
    options: GraphInferenceOptions,
  ) {
    const { tensorOf, ...classifier } = savedModelClassifier(packaged);
    super(classifier, packaged.settings, options);
    this.#session = session;
    this.#input = tensorOf.get(classifier.input.name) ?? '';
    this.#output = tensorOf.get(classifier.output.name) ?? '';
  }

  /**
   * Loads the model and runs it once, on zeros.
   *
   * @throws {LyceumError} as {@link SavedModelSession.open}; INVALID_ARGUMENT if samples of that shape do not fit.
   */
  static async open(
    engine: Engine,
    packaged: SavedModelPackage,
    options: GraphInferenceOptions,
  ): Promise<SavedModelInference> {
    return SavedModelSession.open(engine, packaged, async (session) => {
      const inference = new SavedModelInference(session, packaged, options);
      await inference.warmUp();
      return inference;
    });
  }

  override async close(): Promise<void> {
    this.#session.close();
  }

  protected override call(values: Float32Array<ArrayBuffer>): GraphOutput {
    const elementType = this.classifier.input.elementType as LibraryType;
    const input = { tensor: this.#input, elementType, shape: this.shape, values };
    return this.#session.run([input], this.#output);
  }
}
