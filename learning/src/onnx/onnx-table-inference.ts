/** Runs a classifier of a table's rows in ONNX. */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Dataset } from '../datasets/index.js';
import {
  type GraphOutput,
  type InputCells,
  requireTable,
  type TableClassifier,
  TableInference,
} from '../formats/graphs/index.js';
import { type OnnxPackage, tableClassifierOf } from '../formats/onnx/index.js';
import { asFloat32 } from './float-tensor.js';
import { type OnnxPlace, openSession, type Runtime } from './onnx-session.js';

export class OnnxTableInference extends TableInference {
  readonly #runtime: Runtime;
  readonly #session: InferenceSession;

  private constructor(
    runtime: Runtime,
    session: InferenceSession,
    classifier: TableClassifier,
    { settings }: OnnxPackage,
  ) {
    super(classifier, settings);
    this.#runtime = runtime;
    this.#session = session;
  }

  /**
   * Loads the model and runs it once, on the set's first sample.
   *
   * @throws {LyceumError} as `openSession` and `requireTable`; INVALID_ARGUMENT if the output is not [R, C].
   */
  static async open(
    model: OnnxPackage,
    dataset: Dataset,
    place: OnnxPlace,
  ): Promise<OnnxTableInference> {
    const classifier = tableClassifierOf(model);
    requireTable(classifier, dataset);
    return openSession(model.file, place, async (runtime, session) => {
      const inference = new OnnxTableInference(runtime, session, classifier, model);
      await inference.warmUp(dataset);
      return inference;
    });
  }

  override async close(): Promise<void> {
    await this.#session.release();
  }

  protected override async call(inputs: readonly InputCells[]): Promise<GraphOutput> {
    const tensors = inputs.map((input) => [input.name, cellTensor(this.#runtime, input)]);
    const { name } = this.classifier.output;
    const results = await this.#session.run(Object.fromEntries(tensors), [name]);
    const result = results[name] as Tensor;
    return { values: asFloat32(result), dims: result.dims };
  }
}

function cellTensor({ Tensor }: Runtime, { cellType, shape, cells }: InputCells): Tensor {
  if (cellType === 'string') return new Tensor('string', cells.map(String), shape);
  const numbers = cells.map(Number);
  switch (cellType) {
    case 'float64':
      return new Tensor('float64', Float64Array.from(numbers), shape);
    case 'int32':
      return new Tensor('int32', Int32Array.from(numbers), shape);
    case 'int64':
      return new Tensor('int64', BigInt64Array.from(numbers, BigInt), shape);
    case 'bool':
      return new Tensor('bool', Uint8Array.from(numbers), shape);
    default:
      return new Tensor('float32', Float32Array.from(numbers), shape);
  }
}
