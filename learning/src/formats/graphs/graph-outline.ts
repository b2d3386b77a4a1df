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

/** Types that an input for a table's cells may have: texts for categories, else numbers. */
export const CELL_TYPES = ['string', 'float32', 'float64', 'int32', 'int64', 'bool'] as const;
export type CellType = Extract<ElementType, (typeof CELL_TYPES)[number]>;

/** A graph's input or output. */
export interface GraphValue {
  readonly name: string;
  readonly kind: 'tensor' | 'other';
  readonly elementType: ElementType;
  /** Sizes with the batch; a size is undefined where it is left open, and the shape is where the rank is. */
  readonly shape: readonly (number | undefined)[] | undefined;
}

export interface GraphOutline {
  /** The graph's inputs, without the weights. */
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly operations: ReadonlySet<string>;
  /** The operation that gives an output, by the output's name. Operations that change nothing are looked through. */
  readonly operationOf: ReadonlyMap<string, string>;
  /**
   * Names of the classes, from each place in the file that holds them, the most trusted place first. Absent: no place.
   */
  readonly labels?: readonly ClassLabels[];
}

export interface GraphWeights {
  readonly parameterCount: number;
  readonly weightBytes: number;
}

/** A value as messages show it: `pixels float32 [?, 1, 28, 28]`. */
export function graphValueText({ name, kind, elementType, shape }: GraphValue): string {
  if (kind === 'other') return `${bareName(name)} (no tensor)`;
  const sizes = shape === undefined ? '' : ` [${shape.map((size) => size ?? '?').join(', ')}]`;
  return `${bareName(name)} ${elementType}${sizes}`;
}
