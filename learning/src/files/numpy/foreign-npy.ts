/**
 * Arrays of types that people save but nothing here computes with: they are read as the nearest type that does. Pure.
 *
 * Numbers of 8 and 16 bits become int32, float16 becomes float32, uint64 int64, and big-endian values their own type.
 */
import { elementCount, LyceumError } from '@lyceum/proto';
import { decodeFloat16 } from '../../codecs/index.js';
import { type NpyArray, readNpy, readNpyText } from './npy.js';

/** An array, and whether it has truth values, as 0 and 1. */
export interface ForeignArray extends NpyArray {
  readonly isTruth: boolean;
  /** The type in the file, for messages: `int16`. */
  readonly written: string;
}

interface ForeignType {
  readonly bytes: number;
  readonly dtype: NpyArray['dtype'];
  readonly make: (length: number) => NpyArray['data'];
  readonly read: (view: DataView, at: number, isLittle: boolean) => number | bigint;
}

const int32 = { dtype: 'int32', make: (length: number) => new Int32Array(length) } as const;
const int64 = { dtype: 'int64', make: (length: number) => new BigInt64Array(length) } as const;
const float32 = { dtype: 'float32', make: (length: number) => new Float32Array(length) } as const;
const float64 = { dtype: 'float64', make: (length: number) => new Float64Array(length) } as const;

/** By NumPy's descriptor of the type, without the byte order. */
const TYPES: Readonly<Record<string, ForeignType>> = {
  b1: { ...int32, bytes: 1, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
  i1: { ...int32, bytes: 1, read: (view, at) => view.getInt8(at) },
  i2: { ...int32, bytes: 2, read: (view, at, isLittle) => view.getInt16(at, isLittle) },
  u2: { ...int32, bytes: 2, read: (view, at, isLittle) => view.getUint16(at, isLittle) },
  i4: { ...int32, bytes: 4, read: (view, at, isLittle) => view.getInt32(at, isLittle) },
  u4: { ...int64, bytes: 4, read: (view, at, isLittle) => BigInt(view.getUint32(at, isLittle)) },
  i8: { ...int64, bytes: 8, read: (view, at, isLittle) => view.getBigInt64(at, isLittle) },
  // Numbers from 2^63 on become negative, so they are no labels.
  u8: { ...int64, bytes: 8, read: (view, at, isLittle) => view.getBigInt64(at, isLittle) },
  f2: {
    ...float32,
    bytes: 2,
    read: (view, at, isLittle) => decodeFloat16(view.getUint16(at, isLittle)),
  },
  f4: { ...float32, bytes: 4, read: (view, at, isLittle) => view.getFloat32(at, isLittle) },
  f8: { ...float64, bytes: 8, read: (view, at, isLittle) => view.getFloat64(at, isLittle) },
};

/** Types that are read without a change. */
const OWN = ['|u1', '<i4', '<u4', '<i8', '<f4', '<f8'];

/** @throws {LyceumError} INVALID_ARGUMENT naming what is wrong. */
export function readForeignNpy(bytes: Uint8Array, what: string): ForeignArray {
  const { isFortran, ...array } = readInItsOrder(bytes, what);
  if (!isFortran || array.shape.length < 2) return array;
  return { ...array, data: inRows(array.data, array.shape) };
}

function readInItsOrder(bytes: Uint8Array, what: string): ForeignArray & { isFortran: boolean } {
  const { descriptor, shape, start, isFortran } = readNpyText(bytes, what, true);
  const type = TYPES[descriptor?.slice(1) ?? ''];
  const written = writtenType(descriptor);
  if (type === undefined && written !== undefined && !OWN.includes(descriptor ?? '')) {
    const message = `${what}: values are of type ${written}; want numbers of at most 64 bits`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  if (descriptor === undefined || type === undefined || OWN.includes(descriptor)) {
    const array = readNpy(bytes, what, true);
    return { ...array, isTruth: false, written: array.dtype, isFortran };
  }
  const length = elementCount(shape);
  const got = bytes.length - start;
  if (got !== length * type.bytes) {
    const message = `${what}: shape [${shape}] of ${descriptor} needs ${length * type.bytes} bytes, and ${got} are there`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, got);
  const data = type.make(length);
  const isLittle = !descriptor.startsWith('>');
  for (let n = 0; n < length; n++) data[n] = type.read(view, n * type.bytes, isLittle);
  const isTruth = descriptor === '|b1';
  return { dtype: type.dtype, shape, data, isTruth, written: written ?? descriptor, isFortran };
}

const KINDS: Readonly<Record<string, string>> = { b: 'bool', i: 'int', u: 'uint', f: 'float' };

/** `int16` for `<i2`; for types that are no numbers, words. Undefined: the type is unknown. */
function writtenType(descriptor: string | undefined): string | undefined {
  const [, kind = '', bytes = ''] = /^[<>|=]([a-zA-Z])(\d*)$/.exec(descriptor ?? '') ?? [];
  if (kind === 'O') return "object, as NumPy pickles Python's";
  if (kind === 'U' || kind === 'S') return `text (${descriptor})`;
  if (kind === 'c') return `complex${8 * Number(bytes)}`;
  const word = KINDS[kind];
  return word === undefined ? undefined : kind === 'b' ? word : `${word}${8 * Number(bytes)}`;
}

/** Values in row order of an array that is in column order, as pandas' frames are. */
function inRows(values: NpyArray['data'], shape: readonly number[]): NpyArray['data'] {
  const rows = values.slice();
  const place = shape.map(() => 0);
  // In column order the first index runs fastest; a step in it is a whole row of the others.
  const steps = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  let at = 0;
  for (const value of values) {
    rows[at] = value;
    for (let axis = 0; axis < shape.length; axis++) {
      place[axis] = (place[axis] as number) + 1;
      at += steps[axis] as number;
      if ((place[axis] as number) < (shape[axis] as number)) break;
      at -= (steps[axis] as number) * (shape[axis] as number);
      place[axis] = 0;
    }
  }
  return rows;
}
