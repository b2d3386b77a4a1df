/**
 * Reads and writes the two hot messages, AnswerFrame and TargetFrame, without copying their tensors.
 *
 * The generated codec copies every tensor three times when it writes, and once when it reads. These functions use the
 * same wire format, so each side can read what the other writes. They put a filler before data that would not be
 * aligned in memory, so that a reader can use the data in place.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { BoundedReader } from './bounded-reader.js';
import { elementCount } from './element-count.js';
import { LyceumError } from './errors.js';
import {
  AnswerFrame,
  DataType,
  ServiceCalls,
  StepFigures,
  TargetFrame,
  Tensor,
  Ticket,
} from './generated/lyceum/v1/tensor.js';
import { checkedMessage, withSum } from './message-sum.js';

/** Tags of `tensors = 3` in both frames, and of `data = 4` and the filler in a tensor: field << 3 | wire type. */
const TENSORS_TAG = (3 << 3) | WireType.LengthDelimited;
const DATA_TAG = (4 << 3) | WireType.LengthDelimited;
const FILLER_TAG = (15 << 3) | WireType.LengthDelimited;

/** Bytes of a float32. */
const ALIGNMENT = 4;

/** Bytes of gRPC's flag and length, which grpc-js keeps before the message in memory. */
const MESSAGE_OFFSET = 5;

/** @returns the message's bytes, with their checksum; the tensors are copied once, into the result. */
export function encodeAnswerFrame(frame: AnswerFrame): Buffer {
  return encode(AnswerFrame.encode({ ...frame, tensors: [] }).finish(), frame.tensors);
}

/** @returns the message's bytes, with their checksum; the tensors are copied once, into the result. */
export function encodeTargetFrame(frame: TargetFrame): Buffer {
  return encode(TargetFrame.encode({ ...frame, tensors: [] }).finish(), frame.tensors);
}

/**
 * @returns a frame whose tensor data are views into `bytes`, perhaps unaligned: see {@link float32Values}.
 * @throws {LyceumError} INVALID_ARGUMENT if the bytes are no such message, UNAVAILABLE if the checksum is wrong,
 *   RESOURCE_EXHAUSTED if the message has too many parts: see {@link BoundedReader}.
 */
export function decodeAnswerFrame(bytes: Uint8Array): AnswerFrame {
  return decode('answer frame', () => {
    const reader = new BoundedReader(checkedMessage(bytes));
    const frame = AnswerFrame.fromPartial({});
    fields(reader, (field, type) => {
      if (field === 1 && type === WireType.LengthDelimited) {
        frame.ticket = Ticket.decode(reader, reader.uint32());
      } else if (field === 2 && type === WireType.Varint) frame.firstRow = reader.uint32();
      else if (field === 3 && type === WireType.LengthDelimited) {
        frame.tensors.push(decodeTensor(reader.bytes()));
      } else if (field === 4 && type === WireType.Bit64) frame.inferenceSeconds = reader.double();
      else if (field === 5 && type === WireType.LengthDelimited) {
        frame.calls = ServiceCalls.decode(reader.bytes());
      } else reader.skip(type, field);
    });
    return frame;
  });
}

/** As {@link decodeAnswerFrame}, without a limit on parts: a frame may have the figures of very many steps. */
export function decodeTargetFrame(bytes: Uint8Array): TargetFrame {
  return decode('target frame', () => {
    const reader = new BinaryReader(checkedMessage(bytes));
    const frame: TargetFrame = { epoch: 0, firstPosition: 0, tensors: [], figures: [] };
    fields(reader, (field, type) => {
      if (field === 1 && type === WireType.Varint) frame.epoch = reader.uint32();
      else if (field === 2 && type === WireType.Varint) frame.firstPosition = reader.uint32();
      else if (field === 3 && type === WireType.LengthDelimited) {
        frame.tensors.push(decodeTensor(reader.bytes()));
      } else if (field === 4 && type === WireType.LengthDelimited) {
        frame.figures.push(StepFigures.decode(reader.bytes()));
      } else reader.skip(type, field);
    });
    return frame;
  });
}

/** A float32 tensor that is a view of `values`. `shape` as in the message: rows first. */
export function float32Tensor(
  name: string,
  shape: readonly number[],
  values: Float32Array,
): Tensor {
  const elements = elementCount(shape);
  if (elements !== values.length) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `${name}: shape [${shape}] has ${elements} elements, got ${values.length}`,
    );
  }
  const data = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return { name, dataType: DataType.DATA_TYPE_FLOAT32, shape: [...shape], data };
}

/** Rows [first, first + count) of a tensor, as a view. */
export function tensorRows(tensor: Tensor, first: number, count: number): Tensor {
  const [rowCount = 0, ...rowShape] = tensor.shape;
  const rowBytes = rowCount === 0 ? 0 : tensor.data.length / rowCount;
  const data = tensor.data.subarray(first * rowBytes, (first + count) * rowBytes);
  return { ...tensor, shape: [count, ...rowShape], data };
}

/**
 * The tensor's values: a view of its data if the data is aligned, otherwise a copy.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if the type is not float32, or the length does not fit the shape.
 */
export function float32Values(tensor: Tensor): Float32Array {
  if (tensor.dataType !== DataType.DATA_TYPE_FLOAT32) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `${tensor.name}: want float32, got data type ${tensor.dataType}`,
    );
  }
  const elements = elementCount(tensor.shape);
  const { data } = tensor;
  if (data.byteLength !== elements * 4) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `${tensor.name}: shape [${tensor.shape}] needs ${elements * 4} bytes, got ${data.byteLength}`,
    );
  }
  if (data.byteOffset % 4 === 0) return new Float32Array(data.buffer, data.byteOffset, elements);
  const aligned = new Uint8Array(data.byteLength);
  aligned.set(data);
  return new Float32Array(aligned.buffer);
}

/** @param head - the encoded message without its tensors: they come last, whatever their field's number. */
function encode(head: Uint8Array, tensors: readonly Tensor[]): Buffer {
  const parts: Uint8Array[] = [head];
  let length = head.length;
  for (const tensor of tensors) {
    const tensorHead = alignedHead(tensor, length);
    parts.push(tensorHead, tensor.data);
    length += tensorHead.length + tensor.data.length;
  }
  return withSum(parts);
}

/** The part of a tensor's field before its data, with a filler if the data would not be aligned without. */
function alignedHead(tensor: Tensor, offset: number): Uint8Array {
  const fields = Tensor.encode({ ...tensor, data: NO_BYTES }).finish();
  let head: Uint8Array = NO_BYTES;
  for (const filler of FILLERS) {
    const writer = new BinaryWriter().raw(fields).raw(filler);
    const dataBytes = tensor.data.length;
    if (dataBytes > 0) writer.uint32(DATA_TAG).uint32(dataBytes);
    const inner = writer.finish();
    head = new BinaryWriter()
      .uint32(TENSORS_TAG)
      .uint32(inner.length + dataBytes)
      .raw(inner)
      .finish();
    if (dataBytes === 0 || (MESSAGE_OFFSET + offset + head.length) % ALIGNMENT === 0) {
      return head;
    }
  }
  return head;
}

const NO_BYTES = Buffer.alloc(0);

/** Meaningless fields to fill with, 0 and 2 to 5 bytes long. */
const FILLERS: readonly Uint8Array[] = [
  NO_BYTES,
  ...[0, 1, 2, 3].map((length) =>
    new BinaryWriter().uint32(FILLER_TAG).bytes(Buffer.alloc(length)).finish(),
  ),
];

function decodeTensor(bytes: Uint8Array): Tensor {
  const reader = new BinaryReader(bytes);
  const tensor: Tensor = { name: '', dataType: 0, shape: [], data: NO_BYTES };
  fields(reader, (field, type) => {
    if (field === 1 && type === WireType.LengthDelimited) tensor.name = reader.string();
    else if (field === 2 && type === WireType.Varint) tensor.dataType = reader.int32() as DataType;
    else if (field === 3 && type === WireType.LengthDelimited) {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) tensor.shape.push(reader.uint32());
    } else if (field === 3 && type === WireType.Varint) tensor.shape.push(reader.uint32());
    else if (field === 4 && type === WireType.LengthDelimited)
      tensor.data = asBuffer(reader.bytes());
    else reader.skip(type, field);
  });
  return tensor;
}

function fields(reader: BinaryReader, read: (field: number, type: WireType) => void): void {
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    read(field, type);
  }
}

function decode<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (err) {
    if (err instanceof LyceumError) throw err;
    throw new LyceumError('INVALID_ARGUMENT', `malformed ${what}`, { cause: err });
  }
}

/** The same memory as a Buffer, which grpc-js requires. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
