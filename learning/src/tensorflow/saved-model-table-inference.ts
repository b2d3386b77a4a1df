/** Runs a classifier of a table's rows that is a TensorFlow SavedModel, in one call of TensorFlow's library. */
import type { Dataset } from '../datasets/index.js';
import {
  type GraphOutput,
  type InputCells,
  requireTable,
  TableInference,
} from '../formats/graphs/index.js';
import { type SavedModelPackage, savedModelTableClassifier } from '../formats/saved-model/index.js';
import type { Engine } from './engine/index.js';
import { SavedModelSession } from './saved-model-session.js';

export class SavedModelTableInference extends TableInference {
  readonly #session: SavedModelSession;
  readonly #tensorOf: ReadonlyMap<string, string>;

  private constructor(
    session: SavedModelSession,
    classifier: ReturnType<typeof savedModelTableClassifier>,
    { settings }: SavedModelPackage,
  ) {
    const { tensorOf } = classifier;
    super(classifier, settings);
    this.#session = session;
    this.#tensorOf = tensorOf;
  }

  /**
   * Loads the model and runs it once, on the set's first sample.
   *
   * @throws {LyceumError} as {@link SavedModelSession.open} and `requireTable`; INVALID_ARGUMENT if the output is not
   * [R, C].
   */
  static async open(
    engine: Engine,
    packaged: SavedModelPackage,
    dataset: Dataset,
  ): Promise<SavedModelTableInference> {
    const classifier = savedModelTableClassifier(packaged);
    requireTable(classifier, dataset);
    return SavedModelSession.open(engine, packaged, async (session) => {
      const inference = new SavedModelTableInference(session, classifier, packaged);
      await inference.warmUp(dataset);
      return inference;
    });
  }

  override async close(): Promise<void> {
    this.#session.close();
  }

  protected override call(inputs: readonly InputCells[]): GraphOutput {
    const fed = inputs.map(({ name, cellType, shape, cells }) => ({
      tensor: this.#tensorOf.get(name) ?? '',
      elementType: cellType,
      shape,
      values: cells,
    }));
    return this.#session.run(fed, this.#tensorOf.get(this.classifier.output.name) ?? '');
  }
}
