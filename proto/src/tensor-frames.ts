/**
 * Reads and writes the two hot messages, AnswerFrame and TargetFrame, without copying their tensors.
 *
 * The generated codec copies every tensor three times on the way out and once on the way in. These speak
 * the same wire format: what one writes the other reads. They add a filler before data that would not be aligned in
 * memory otherwise, so that these can be read where they lie.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
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

/** Tags of `tensors = 3` in both frames, of `data = 4` in a tensor, and of its filler: field << 3 | length-delimited. */
const TENSORS_TAG = (3 << 3) | WireType.LengthDelimited;
const DATA_TAG = (4 << 3) | WireType.LengthDelimited;
const FILLER_TAG = (15 << 3) | WireType.LengthDelimited;

/** Bytes of a float32. */
const ALIGNMENT = 4;

/** Bytes before a message as gRPC sends it, flag and length, which grpc-js leaves in front of it in memory. */
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
 * @throws {LyceumError} INVALID_ARGUMENT if the bytes are no such message, UNAVAILABLE if they do not fit their checksum.
 */
export function decodeAnswerFrame(bytes: Uint8Array): AnswerFrame {
  return decode('answer frame', bytes, (reader) => {
    const frame = AnswerFrame.fromPartial({});
    fields(reader, (field, type) => {
      if (field === 1 && type === WireType.LengthDelimited) {
        frame.ticket = Ticket.decode(reader.bytes());
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

/** As {@link decodeAnswerFrame}. */
export function decodeTargetFrame(bytes: Uint8Array): TargetFrame {
  return decode('target frame', bytes, (reader) => {
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

/** A float32 tensor over `values`, which it borrows. `shape` as in the message: rows first. */
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

/** Rows [first, first + count) of a tensor, which lends them. */
export function tensorRows(tensor: Tensor, first: number, count: number): Tensor {
  const [rowCount = 0, ...rowShape] = tensor.shape;
  const rowBytes = rowCount === 0 ? 0 : tensor.data.length / rowCount;
  const data = tensor.data.subarray(first * rowBytes, (first + count) * rowBytes);
  return { ...tensor, shape: [count, ...rowShape], data };
}

/**
 * The tensor's values, a view into its data where that is aligned, else a copy.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if the type is another or the length does not fit the shape.
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

/** `head` is the message without its tensors, which come last whatever their field's number. */
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

/** All of a tensor's field that comes before its data, with a filler if those would not be aligned otherwise. */
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

/** Fields of no meaning, 0 and 2 to 5 bytes long. */
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

function decode<T>(what: string, bytes: Uint8Array, read: (reader: BinaryReader) => T): T {
  try {
    return read(new BinaryReader(checkedMessage(bytes)));
  } catch (err) {
    if (err instanceof LyceumError) throw err;
    throw new LyceumError('INVALID_ARGUMENT', `malformed ${what}`, { cause: err });
  }
}

/** The same memory as a Buffer, which grpc-js insists on. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
