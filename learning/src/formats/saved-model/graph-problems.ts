/** All reasons why a SavedModel's graph cannot be run here, gathered and told in few words. Pure. */
import { bareName } from '../../files/index.js';

/** The most problems that are told; the others are likely alike. */
const MAX_TOLD = 8;

/** Advice for an operation, beside leaving it out. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  [
    'InitializeTableFromTextFileV2',
    'a layer whose vocabulary is a file is given the list of its lines instead: vocabulary=open(FILE).read().splitlines()',
  ],
  [
    'XlaCallModule',
    'JAX puts a whole model into that one operation: make ONNX of it instead, with jax2onnx, or of a Keras model with model.export("model.onnx", format="onnx")',
  ],
]);

export class GraphProblems {
  readonly #operations = new Map<string, string>();
  readonly #others = new Set<string>();

  refuse(operation: string, place: string): void {
    if (!this.#operations.has(operation)) this.#operations.set(operation, place);
  }

  /** @param name - a name in the file. */
  add(claim: string, name: string, place = ''): void {
    const message = `${claim} ${bareName(name)}${place && ` ${place}`}`;
    if (this.#others.size < MAX_TOLD) this.#others.add(message);
  }

  messages(): string[] {
    const operations = [...this.#operations].sort(([a], [b]) => (a < b ? -1 : 1));
    const told = operations.slice(0, MAX_TOLD);
    const rest = operations.length - told.length;
    const listed =
      told.map(([operation, place]) => `${bareName(operation)} (${place})`).join(', ') +
      (rest > 0 ? ` and ${rest} more` : '');
    const advice = told.flatMap(([operation]) => ADVICE.get(operation) ?? []);
    const refused = `has operations that are not run here: ${listed}; only those run that compute from tensors in memory, as docs/models.md lists them; export the model without the others${advice.map((own) => `; ${own}`).join('')}`;
    return [...(operations.length > 0 ? [refused] : []), ...this.#others];
  }
}
