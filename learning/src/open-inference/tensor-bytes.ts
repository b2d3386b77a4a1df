/**
 * Values of tensors as the Open Inference Protocol writes them, both ways (Open Inference Protocol v2, "Tensor Data"
 * and "InferTensorContents"): raw, that is row-major, little endian, elements of BYTES with their length before them, 4
 * bytes; or typed, in a list of the message. FP16 and BF16 are raw only.
 */
import { InferTensorContents, LyceumError } from '@lyceum/proto';
import { decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16 } from '../codecs/index.js';

interface NumberType {
  readonly bytes: number;
  readonly write: (view: DataView, at: number, value: number) => void;
  readonly read: (view: DataView, at: number) => number;
  /** The name of the list for typed contents; undefined: raw only. */
  readonly typed: keyof InferTensorContents | undefined;
}

const whole = (least: number, greatest: number) => (value: number) =>
  Math.min(greatest, Math.max(least, Math.round(value)));
const int8 = whole(-0x80, 0x7f);
const int16 = whole(-0x8000, 0x7fff);
const int32 = whole(-0x80000000, 0x7fffffff);
const uint8 = whole(0, 0xff);
const uint16 = whole(0, 0xffff);
const uint32 = whole(0, 0xffffffff);
const safe = whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
const safePositive = whole(0, Number.MAX_SAFE_INTEGER);

/** How numbers are written. Values that do not fit are rounded, and cut off at the type's ends. */
const NUMBERS = {
  BOOL: {
    bytes: 1,
    write: (view, at, value) => view.setUint8(at, value === 0 ? 0 : 1),
    read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
    typed: 'boolContents',
  },
  INT8: {
    bytes: 1,
    write: (view, at, value) => view.setInt8(at, int8(value)),
    read: (view, at) => view.getInt8(at),
    typed: 'intContents',
  },
  INT16: {
    bytes: 2,
    write: (view, at, value) => view.setInt16(at, int16(value), true),
    read: (view, at) => view.getInt16(at, true),
    typed: 'intContents',
  },
  INT32: {
    bytes: 4,
    write: (view, at, value) => view.setInt32(at, int32(value), true),
    read: (view, at) => view.getInt32(at, true),
    typed: 'intContents',
  },
  INT64: {
    bytes: 8,
    write: (view, at, value) => view.setBigInt64(at, BigInt(safe(value)), true),
    read: (view, at) => Number(view.getBigInt64(at, true)),
    typed: 'int64Contents',
  },
  UINT8: {
    bytes: 1,
    write: (view, at, value) => view.setUint8(at, uint8(value)),
    read: (view, at) => view.getUint8(at),
    typed: 'uintContents',
  },
  UINT16: {
    bytes: 2,
    write: (view, at, value) => view.setUint16(at, uint16(value), true),
    read: (view, at) => view.getUint16(at, true),
    typed: 'uintContents',
  },
  UINT32: {
    bytes: 4,
    write: (view, at, value) => view.setUint32(at, uint32(value), true),
    read: (view, at) => view.getUint32(at, true),
    typed: 'uintContents',
  },
  UINT64: {
    bytes: 8,
    write: (view, at, value) => view.setBigUint64(at, BigInt(safePositive(value)), true),
    read: (view, at) => Number(view.getBigUint64(at, true)),
    typed: 'uint64Contents',
  },
  FP16: {
    bytes: 2,
    write: (view, at, value) => view.setUint16(at, encodeFloat16(value), true),
    read: (view, at) => decodeFloat16(view.getUint16(at, true)),
    typed: undefined,
  },
  BF16: {
    bytes: 2,
    write: (view, at, value) => view.setUint16(at, encodeBfloat16(value), true),
    read: (view, at) => decodeBfloat16(view.getUint16(at, true)),
    typed: undefined,
  },
  FP32: {
    bytes: 4,
    write: (view, at, value) => view.setFloat32(at, value, true),
    read: (view, at) => view.getFloat32(at, true),
    typed: 'fp32Contents',
  },
  FP64: {
    bytes: 8,
    write: (view, at, value) => view.setFloat64(at, value, true),
    read: (view, at) => view.getFloat64(at, true),
    typed: 'fp64Contents',
  },
} as const satisfies Readonly<Record<string, NumberType>>;

export type NumberDatatype = keyof typeof NUMBERS;

const NUMBER_DATATYPES = Object.keys(NUMBERS) as readonly NumberDatatype[];

export function isNumberDatatype(datatype: string): datatype is NumberDatatype {
  return Object.hasOwn(NUMBERS, datatype);
}

/** Bytes of one element. */
export function elementBytes(datatype: NumberDatatype): number {
  return NUMBERS[datatype].bytes;
}

/** Numbers as raw contents. */
export function rawNumbers(datatype: NumberDatatype, values: ArrayLike<number>): Buffer {
  const { bytes, write } = NUMBERS[datatype];
  const raw = Buffer.allocUnsafe(values.length * bytes);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  for (let i = 0; i < values.length; i++) write(view, i * bytes, values[i] as number);
  return raw;
}

/** Numbers as JSON has them: those that raw contents would hold, and truth values of BOOL. NaN stays. */
export function jsonNumbers(
  datatype: NumberDatatype,
  values: ArrayLike<number>,
): (number | boolean)[] {
  const { bytes, write, read } = NUMBERS[datatype];
  const view = new DataView(new ArrayBuffer(bytes));
  return Array.from(values, (value) => {
    if (Number.isNaN(value)) return value;
    write(view, 0, value);
    const held = read(view, 0);
    return datatype === 'BOOL' ? held !== 0 : held;
  });
}

/**
 * Numbers as typed contents of the tensor `name`.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if it is of another datatype, or of one that is raw only.
 */
export function typedNumbers(
  name: string,
  datatype: string,
  values: readonly number[],
): InferTensorContents {
  const { typed } = numberType(name, datatype);
  if (typed === undefined) throw wrong(name, `is of datatype ${datatype}; want its contents raw`);
  const list = datatype === 'BOOL' ? values.map(Boolean) : values;
  return { ...InferTensorContents.fromPartial({}), [typed]: list };
}

/** Texts as raw contents of BYTES. */
export function rawTexts(texts: readonly string[]): Buffer {
  const parts = texts.flatMap((text) => {
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(parts);
}

/** A tensor's head, as requests and responses have it. */
export interface TensorHead {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly contents?: InferTensorContents | undefined;
}

/**
 * Elements of a shape.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if a size is open, or the product is too large to count.
 */
export function checkedElementCount({ name, shape }: TensorHead): number {
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw wrong(name, `has the shape [${shape}]; want whole numbers, at least 0`);
    }
    count *= size;
  }
  if (Number.isSafeInteger(count)) return count;
  throw wrong(name, `has the shape [${shape}], which is beyond all counting`);
}

/**
 * Reads a tensor of numbers. Numbers beyond 2^53, for which float64 has no exact value, are rounded.
 *
 * @param raw - its raw contents; undefined: the typed contents of its head count.
 * @throws {LyceumError} INVALID_ARGUMENT if it has another datatype, or fewer or more values than its shape says.
 */
export function tensorNumbers(
  tensor: TensorHead,
  raw: Uint8Array | undefined,
): Float32Array<ArrayBuffer> {
  const { name, datatype, contents } = tensor;
  const { bytes, read, typed } = numberType(name, datatype);
  const count = checkedElementCount(tensor);
  if (raw !== undefined) {
    if (raw.length !== count * bytes) {
      const want = `${count * bytes} for ${datatype} [${tensor.shape}]`;
      throw wrong(name, `has ${raw.length} bytes of raw contents; want ${want}`);
    }
    const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = read(view, i * bytes);
    return values;
  }
  if (typed === undefined) throw wrong(name, `is of datatype ${datatype}; want its contents raw`);
  const list = contents?.[typed] ?? [];
  if (list.length !== count) {
    const want = `${count} for ${datatype} [${tensor.shape}]`;
    throw wrong(name, `has ${list.length} values in its contents; want ${want}`);
  }
  return Float32Array.from(list as ArrayLike<number | boolean>, Number);
}

/**
 * Reads a tensor of texts, in UTF-8.
 *
 * @param raw - as {@link tensorNumbers}.
 * @throws {LyceumError} INVALID_ARGUMENT as {@link tensorNumbers}, and if a length leads out of the contents.
 */
export function tensorTexts(tensor: TensorHead, raw: Uint8Array | undefined): string[] {
  const { name, datatype, shape, contents } = tensor;
  if (datatype !== 'BYTES') throw wrong(name, `is of datatype ${datatype}; want BYTES`);
  const count = checkedElementCount(tensor);
  const parts = raw === undefined ? (contents?.bytesContents ?? []) : elementsOf(name, raw);
  if (parts.length !== count) {
    throw wrong(name, `has ${parts.length} elements of BYTES; want ${count} for [${shape}]`);
  }
  return parts.map((part) => Buffer.from(part).toString('utf8'));
}

function elementsOf(name: string, raw: Uint8Array): Uint8Array[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < raw.length; ) {
    const length = raw.length - at < 4 ? Number.POSITIVE_INFINITY : view.getUint32(at, true);
    if (length > raw.length - at - 4) {
      throw wrong(name, `has an element of BYTES at byte ${at} that leads out of its contents`);
    }
    parts.push(raw.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return parts;
}

function numberType(name: string, datatype: string): NumberType {
  if (isNumberDatatype(datatype)) return NUMBERS[datatype];
  throw wrong(name, `is of datatype ${datatype}; want ${NUMBER_DATATYPES.join(', ')}`);
}

function wrong(name: string, message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', `tensor ${name} ${message}`);
}
