/** The inputs of a request. Pure. */
import type { CellType } from '../formats/graphs/index.js';
import { elementBytes, type NumberDatatype } from './tensor-bytes.js';

/** One input, [rows, …], with its values row by row. */
export type InputTensor = { readonly name: string; readonly shape: readonly number[] } & (
  | { readonly datatype: NumberDatatype; readonly values: ArrayLike<number> }
  | { readonly datatype: 'BYTES'; readonly values: readonly string[] }
);

/** Datatypes of inputs that take the cells of a table. */
export const DATATYPES = {
  string: 'BYTES',
  float32: 'FP32',
  float64: 'FP64',
  int32: 'INT32',
  int64: 'INT64',
  bool: 'BOOL',
} as const satisfies Readonly<Record<CellType, InputTensor['datatype']>>;

/** Bytes that stand before each text. */
const LENGTH_BYTES = 4;

/** Bytes of the inputs' raw contents. */
export function inputBytes(inputs: readonly InputTensor[]): number {
  return inputs.reduce((sum, { datatype, values }) => sum + contentBytes(datatype, values), 0);
}

function contentBytes(
  datatype: InputTensor['datatype'],
  values: ArrayLike<number> | readonly string[],
): number {
  if (datatype !== 'BYTES') return values.length * elementBytes(datatype);
  const texts = values as readonly string[];
  return texts.reduce((sum, text) => sum + LENGTH_BYTES + Buffer.byteLength(text), 0);
}

/** The inputs with so many rows: copies of the first row are added. */
export function padded(inputs: readonly InputTensor[], rows: number): readonly InputTensor[] {
  return inputs.map((input) => {
    const [count = 0, ...sizes] = input.shape;
    const width = input.values.length / count;
    const place = (i: number) => (i < count * width ? i : i % width);
    const shape = [rows, ...sizes];
    const length = rows * width;
    return input.datatype === 'BYTES'
      ? { ...input, shape, values: Array.from({ length }, (_, i) => input.values[place(i)] ?? '') }
      : {
          ...input,
          shape,
          values: Float64Array.from({ length }, (_, i) => input.values[place(i)] as number),
        };
  });
}

/**
 * What a request and each of its inputs say of their content. With it, MLServer and KServe's Python servers make a
 * data frame of several inputs, and texts of BYTES; other servers ignore it.
 */
export function contentTypes(inputs: readonly InputTensor[]): {
  readonly request: string | undefined;
  readonly inputs: readonly (string | undefined)[];
} {
  return {
    request: inputs.length > 1 ? 'pd' : undefined,
    inputs: inputs.map(({ datatype }) => (datatype === 'BYTES' ? 'str' : undefined)),
  };
}
