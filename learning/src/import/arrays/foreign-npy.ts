/**
 * Arrays of the types that people save and nothing here computes with: read as the nearest type that does. Pure.
 *
 * Numbers of 8 and 16 bits become int32, float16 becomes float32, uint64 int64, and big-endian values their own type.
 */
import { elementCount, LyceumError } from '@lyceum/proto';
import { decodeFloat16 } from '../../codecs/index.js';
import { type NpyArray, readNpy, readNpyText } from '../../files/index.js';

/** An array, and whether it is one of truth values: 0 and 1. */
export interface ForeignArray extends NpyArray {
  readonly isTruth: boolean;
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

/** By NumPy's descriptor without its order of bytes. */
const TYPES: Readonly<Record<string, ForeignType>> = {
  b1: { ...int32, bytes: 1, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
  i1: { ...int32, bytes: 1, read: (view, at) => view.getInt8(at) },
  i2: { ...int32, bytes: 2, read: (view, at, isLittle) => view.getInt16(at, isLittle) },
  u2: { ...int32, bytes: 2, read: (view, at, isLittle) => view.getUint16(at, isLittle) },
  i4: { ...int32, bytes: 4, read: (view, at, isLittle) => view.getInt32(at, isLittle) },
  u4: { ...int64, bytes: 4, read: (view, at, isLittle) => BigInt(view.getUint32(at, isLittle)) },
  i8: { ...int64, bytes: 8, read: (view, at, isLittle) => view.getBigInt64(at, isLittle) },
  // Beyond 2^63 it is negative, and so no label.
  u8: { ...int64, bytes: 8, read: (view, at, isLittle) => view.getBigInt64(at, isLittle) },
  f2: {
    ...float32,
    bytes: 2,
    read: (view, at, isLittle) => decodeFloat16(view.getUint16(at, isLittle)),
  },
  f4: { ...float32, bytes: 4, read: (view, at, isLittle) => view.getFloat32(at, isLittle) },
  f8: { ...float64, bytes: 8, read: (view, at, isLittle) => view.getFloat64(at, isLittle) },
};

/** Types that are read as they are. */
const OWN = ['|u1', '<i4', '<u4', '<i8', '<f4', '<f8'];

/** @throws {LyceumError} INVALID_ARGUMENT naming what is wrong. */
export function readForeignNpy(bytes: Uint8Array, what: string): ForeignArray {
  const { descriptor, shape, start } = readNpyText(bytes, what);
  const type = TYPES[descriptor?.slice(1) ?? ''];
  if (descriptor === undefined || type === undefined || OWN.includes(descriptor)) {
    return { ...readNpy(bytes, what), isTruth: false };
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
  return { dtype: type.dtype, shape, data, isTruth: descriptor === '|b1' };
}
