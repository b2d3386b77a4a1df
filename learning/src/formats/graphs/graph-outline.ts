/** What a graph of operations says of itself, whatever format it was saved in. */
import { bareName } from '../../files/index.js';
import type { ClassLabels } from '../../models/index.js';

export type ElementType =
  | 'float32'
  | 'uint8'
  | 'int8'
  | 'int32'
  | 'int64'
  | 'string'
  | 'bool'
  | 'float16'
  | 'float64'
  | 'int16'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bfloat16'
  | 'other';

/** What an input may take that is given cells of a table: texts of categories, else numbers. */
export const CELL_TYPES = ['string', 'float32', 'float64', 'int32', 'int64', 'bool'] as const;
export type CellType = Extract<ElementType, (typeof CELL_TYPES)[number]>;

/** A graph's input or output. */
export interface GraphValue {
  readonly name: string;
  readonly kind: 'tensor' | 'other';
  readonly elementType: ElementType;
  /** With the batch; undefined where a size is left open. Undefined as a whole if the rank is. */
  readonly shape: readonly (number | undefined)[] | undefined;
}

export interface GraphOutline {
  /** Without the weights. */
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly operations: ReadonlySet<string>;
  /** Which operation gives an output, by its name, looking through those that change nothing. */
  readonly operationOf: ReadonlyMap<string, string>;
  /** Names of the classes, wherever the file holds them; what is believed before another stands first. Absent: nowhere. */
  readonly labels?: readonly ClassLabels[];
}

export interface GraphWeights {
  readonly parameterCount: number;
  readonly weightBytes: number;
}

/** `pixels float32 [?, 1, 28, 28]`. */
export function graphValueText({ name, kind, elementType, shape }: GraphValue): string {
  if (kind === 'other') return `${bareName(name)} (no tensor)`;
  const sizes = shape === undefined ? '' : ` [${shape.map((size) => size ?? '?').join(', ')}]`;
  return `${bareName(name)} ${elementType}${sizes}`;
}
