/**
 * Writes operations out that oneDNN computes by kernels of its own in graphs, with other last bits: as the operations
 * that TensorFlow's own kernels consist of.
 */
import { ATTRIBUTE, DT, type OperationAttribute } from '../engine/index.js';
import type { Constant, RecordedOperation, Recording, Source, TensorType } from './recording.js';

const T: OperationAttribute = { name: 'T', type: ATTRIBUTE.type, value: DT.float32 };
/** Of a reduction whose axis stays, with size 1. */
const REDUCTION: readonly OperationAttribute[] = [
  T,
  { name: 'Tidx', type: ATTRIBUTE.type, value: DT.int32 },
  { name: 'keep_dims', type: ATTRIBUTE.bool, value: true },
];

/** @returns a recording of the same values. Pure. */
export function writtenOut(recording: Recording): Recording {
  const operations: RecordedOperation[] = [];
  const constants: Constant[] = [...recording.constants];
  /** The new places of the recording's operations. */
  const places: number[] = [];
  const moved = (source: Source): Source =>
    source.kind === 'operation' ? { ...source, index: places[source.index] as number } : source;
  const add = (
    name: string,
    inputs: readonly Source[],
    type: TensorType,
    attributes: readonly OperationAttribute[] = [T],
  ): Source => {
    const index = operations.push({ name, attributes, inputs, outputs: [type] }) - 1;
    return { kind: 'operation', index, output: 0 };
  };
  /** exp(x − max x) · (1 / Σ exp(x − max x)), as TensorFlow's own kernel computes it. */
  const addSoftmax = (x: Source, type: TensorType) => {
    const axis = type.shape.length - 1;
    const bytes = new Uint8Array(Int32Array.of(axis).buffer);
    const index = constants.push({ dtype: DT.int32, shape: [], bytes }) - 1;
    const last: Source = { kind: 'constant', index };
    const reduced = { ...type, shape: [...type.shape.slice(0, -1), 1] };
    const shifted = add('Sub', [x, add('Max', [x, last], reduced, REDUCTION)], type);
    const exponential = add('Exp', [shifted], type);
    const sum = add('Sum', [exponential, last], reduced, REDUCTION);
    add('Mul', [exponential, add('Reciprocal', [sum], reduced)], type);
  };
  for (const operation of recording.operations) {
    const inputs = operation.inputs.map(moved);
    if (operation.name === 'Softmax') {
      addSoftmax(inputs[0] as Source, operation.outputs[0] as TensorType);
    } else {
      operations.push({ ...operation, inputs });
    }
    places.push(operations.length - 1);
  }
  const { inputs, output, state } = recording;
  return {
    inputs,
    constants,
    operations,
    output: { ...output, source: moved(output.source) },
    state: state.map(moved),
  };
}
