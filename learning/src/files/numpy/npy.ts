/**
 * NumPy's array file, NPY: a short text header, then the values. Format versions 1 to 3,
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * Reads and writes little-endian, row-major (C order) arrays of the six types below; any other is refused by name.
 */
import { elementCount, LyceumError } from '@lyceum/proto';

type TypedArray =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int32Array
  | BigInt64Array
  | Uint32Array;

export interface NpyArray {
  readonly dtype: 'float32' | 'float64' | 'uint8' | 'int32' | 'int64' | 'uint32';
  /** Row-major; the shape `[]` means a scalar. */
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

const TYPES = {
  float32: { descriptor: '<f4', bytes: 4, array: Float32Array },
  float64: { descriptor: '<f8', bytes: 8, array: Float64Array },
  uint8: { descriptor: '|u1', bytes: 1, array: Uint8Array },
  int32: { descriptor: '<i4', bytes: 4, array: Int32Array },
  int64: { descriptor: '<i8', bytes: 8, array: BigInt64Array },
  uint32: { descriptor: '<u4', bytes: 4, array: Uint32Array },
} as const;

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
/** Values start at a multiple of this many bytes. */
const ALIGNMENT = 64;
const MAX_RANK = 8;

/** @throws {LyceumError} INVALID_ARGUMENT if the values do not fill the shape. */
export function writeNpy(array: NpyArray): Buffer {
  const { shape, data } = array;
  const elements = elementCount(shape);
  if (elements !== data.length) {
    throw refusal(`shape [${shape}] has ${elements} elements, and ${data.length} are given`);
  }
  const values = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([npyHeader(array.dtype, shape), values]);
}

/**
 * The part of an NPY file before its values.
 *
 * @param dtype - float16 is allowed for writers of half floats; arrays here never have it.
 */
export function npyHeader(dtype: NpyArray['dtype'] | 'float16', shape: readonly number[]): Buffer {
  const descriptor = dtype === 'float16' ? '<f2' : TYPES[dtype].descriptor;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descriptor}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const preamble = MAGIC.length + 4;
  const padding = ALIGNMENT - ((preamble + text.length + 1) % ALIGNMENT);
  const header = `${text}${' '.repeat(padding)}\n`;
  const start = Buffer.alloc(preamble);
  MAGIC.copy(start);
  start[6] = 1;
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header, 'latin1')]);
}

/**
 * @param what - what the array is, for messages.
 * @param takesColumns - an array in column order is given in that order; else it is refused.
 * @returns the array; `data` is a view into `bytes` where its alignment allows it, else a copy.
 * @throws {LyceumError} INVALID_ARGUMENT naming what is wrong.
 */
export function readNpy(bytes: Uint8Array, what: string, takesColumns = false): NpyArray {
  const { dtype, shape, start, byteCount } = readNpyHeader(bytes, what, takesColumns);
  const got = bytes.length - start;
  if (got !== byteCount) {
    throw refusal(
      `${what}: shape [${shape}] of ${dtype} needs ${byteCount} bytes, and ${got} are there`,
    );
  }
  return { dtype, shape, data: npyValues(dtype, bytes.subarray(start)) };
}

/** The header of an array's file. */
interface NpyHeader extends Omit<NpyArray, 'data'> {
  /** Where the values begin, and their size in bytes. */
  readonly start: number;
  readonly byteCount: number;
}

/** Greatest size of a header, with the bytes before it. */
export const NPY_HEADER_MAX_BYTES = 10 + 0xffff;

/**
 * @param bytes - the beginning of the file: {@link NPY_HEADER_MAX_BYTES} bytes, or all of it.
 * @throws {LyceumError} INVALID_ARGUMENT naming what is wrong.
 */
export function readNpyHeader(bytes: Uint8Array, what: string, takesColumns = false): NpyHeader {
  const { descriptor, shape, start } = readNpyText(bytes, what, takesColumns);
  const dtype = dtypeOf(descriptor);
  if (dtype === undefined) {
    const known = Object.keys(TYPES).join(', ');
    throw refusal(`${what}: values are of type ${descriptor ?? 'unknown'}; want one of ${known}`);
  }
  return { dtype, shape, start, byteCount: elementCount(shape) * TYPES[dtype].bytes };
}

/** A header of any type. */
interface NpyText {
  /** NumPy's descriptor of the type: `<f4`; undefined: the type is of records. */
  readonly descriptor: string | undefined;
  readonly shape: readonly number[];
  /** Where the values begin. */
  readonly start: number;
  /** Whether the values are in column order. */
  readonly isFortran: boolean;
}

/** Like {@link readNpyHeader}, for readers of further types. */
export function readNpyText(bytes: Uint8Array, what: string, takesColumns: boolean): NpyText {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < 12 || !buffer.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw refusal(`${what}: not an NPY array`);
  }
  const wide = (buffer[6] as number) >= 2;
  const start = wide ? 12 : 10;
  const end = start + (wide ? buffer.readUInt32LE(8) : buffer.readUInt16LE(8));
  const header = buffer.toString('latin1', start, Math.min(end, buffer.length));
  const descriptor = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const tuple = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(header)?.[1];
  if (end > buffer.length || order === undefined || tuple === undefined) {
    throw refusal(`${what}: the array's header cannot be read`);
  }
  const shape = tuple.split(',').flatMap((part) => (part.trim() === '' ? [] : [Number(part)]));
  const isFortran = order === 'True';
  if (isFortran && !takesColumns && shape.length > 1) {
    throw refusal(`${what}: values are in column (Fortran) order; want row (C) order`);
  }
  if (shape.length > MAX_RANK) throw refusal(`${what}: has more than ${MAX_RANK} dimensions`);
  return { descriptor, shape, start: end, isFortran };
}

function dtypeOf(descriptor: string | undefined): NpyArray['dtype'] | undefined {
  for (const [dtype, type] of Object.entries(TYPES)) {
    if (type.descriptor === descriptor) return dtype as NpyArray['dtype'];
  }
  return undefined;
}

/** @returns a view into `bytes` where its alignment allows it, else a copy. */
export function npyValues(dtype: NpyArray['dtype'], bytes: Uint8Array): TypedArray {
  const type = TYPES[dtype];
  const aligned = bytes.byteOffset % type.bytes === 0 ? bytes : Uint8Array.from(bytes);
  const length = bytes.byteLength / type.bytes;
  return new type.array(aligned.buffer as ArrayBuffer, aligned.byteOffset, length);
}

function refusal(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
