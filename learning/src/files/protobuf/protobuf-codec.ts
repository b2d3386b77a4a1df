/**
 * Protobuf messages as plain objects and back, by tables of their fields, without generated code.
 *
 * Reads as protobuf's own library does: message fields that occur several times are merged, of a scalar and of a
 * `oneof` the last one counts, lists are concatenated, packed or not. Fields that the table does not name, or that
 * have another wire type, are skipped and never written: a message that was read and written again holds only what its
 * reader has seen.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** `whole`: any varint, as a bigint. `fixed32` and `fixed64` are bits, which may be those of a float. */
type Scalar = 'whole' | 'fixed32' | 'fixed64' | 'text' | 'bytes';

/** A message's kind is given by a function, since messages may hold themselves. */
type Kind = Scalar | (() => MessageTable);

interface FieldTable {
  readonly name: string;
  readonly kind: Kind;
  /** Whether the field is a list. A map is a list of messages with `key` and `value`. */
  readonly repeated?: true;
  /** How many messages a list may have; more are refused while they are read. */
  readonly maxCount?: number;
  /** Name of a group of fields, of which the last one read counts. */
  readonly oneOf?: string;
}

/** A message's fields by their numbers. */
export class MessageTable {
  /** By number; many numbers have no field. */
  readonly fields: readonly (FieldTable | undefined)[];
  readonly numbered: readonly (readonly [number, FieldTable])[];
  readonly lists: readonly FieldTable[];
  /** For a field of a `oneof`: the other fields of the group, which it replaces. */
  readonly rivals: ReadonlyMap<FieldTable, readonly FieldTable[]>;

  constructor(fields: Readonly<Record<number, FieldTable>>) {
    this.numbered = Object.entries(fields).map(([number, field]) => [Number(number), field]);
    this.lists = this.numbered.map(([, field]) => field).filter(({ repeated }) => repeated);
    const byNumber: (FieldTable | undefined)[] = [];
    for (const [number, field] of this.numbered) byNumber[number] = field;
    this.fields = byNumber;
    const grouped = this.numbered.map(([, field]) => field).filter(({ oneOf }) => oneOf);
    this.rivals = new Map(
      grouped.map((field) => [
        field,
        grouped.filter((other) => other !== field && other.oneOf === field.oneOf),
      ]),
    );
  }
}

export function one(name: string, kind: Kind, oneOf?: string): FieldTable {
  return { name, kind, ...(oneOf !== undefined && { oneOf }) };
}

export function many(name: string, kind: Kind, maxCount = Number.MAX_SAFE_INTEGER): FieldTable {
  return { name, kind, repeated: true, maxCount };
}

/** Limits for reading one document. */
export interface FieldBudget {
  /** How many fields may still be read. */
  left: number;
  /** Greatest depth of messages in messages. */
  readonly maxDepth: number;
}

type Values = Record<string, unknown>;

/**
 * @returns the fields: an absent field is undefined, a list without members is empty.
 * @throws {Error} if the bytes are no such message, or exceed the budget.
 */
export function decodeMessage(
  table: MessageTable,
  bytes: Uint8Array,
  budget: FieldBudget,
  depth = 0,
): Values {
  if (depth > budget.maxDepth) throw new Error(`messages lie more than ${budget.maxDepth} deep`);
  const reader = new BinaryReader(bytes);
  const values: Values = {};
  for (const { name } of table.lists) values[name] = [];
  let merged: Map<FieldTable, Uint8Array[]> | undefined;
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    spend(budget);
    const field = table.fields[number];
    const kind = field?.kind;
    if (field === undefined || kind === undefined) reader.skip(wireType, number);
    else if (typeof kind === 'function') {
      if (wireType !== WireType.LengthDelimited) reader.skip(wireType, number);
      else if (field.repeated) {
        const list = values[field.name] as Values[];
        if (list.length === field.maxCount)
          throw new Error(`it has more than ${field.maxCount} ${field.name}`);
        list.push(decodeMessage(kind(), reader.bytes(), budget, depth + 1));
      } else {
        merged = forgetRivals(table, field, values, merged) ?? new Map();
        const parts = merged.get(field) ?? [];
        parts.push(reader.bytes());
        merged.set(field, parts);
      }
    } else if (wireType === WIRE_TYPES[kind]) {
      const value = readScalar(kind, reader);
      if (field.repeated) (values[field.name] as unknown[]).push(value);
      else {
        merged = forgetRivals(table, field, values, merged);
        values[field.name] = value;
      }
    } else if (field.repeated && wireType === WireType.LengthDelimited) {
      const packed = new BinaryReader(reader.bytes());
      const list = values[field.name] as unknown[];
      for (; packed.pos < packed.len; spend(budget)) list.push(readScalar(kind, packed));
    } else reader.skip(wireType, number);
  }
  for (const [{ name, kind }, parts] of merged ?? []) {
    const whole = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
    values[name] = decodeMessage((kind as () => MessageTable)(), whole, budget, depth + 1);
  }
  return values;
}

/** Fields in the order of their numbers, numbers packed: equal values give equal bytes. */
export function encodeMessage(table: MessageTable, values: object): Uint8Array {
  const writer = new BinaryWriter();
  writeMessage(writer, table, values as Values);
  return writer.finish();
}

function writeMessage(writer: BinaryWriter, table: MessageTable, values: Values): void {
  for (const [number, { name, kind, repeated }] of table.numbered) {
    const value = values[name];
    if (value === undefined) continue;
    if (!repeated) writeField(writer, number, kind, value);
    else writeList(writer, number, kind, value as readonly unknown[]);
  }
}

function spend(budget: FieldBudget): void {
  if (--budget.left < 0) throw new Error('it has more fields than are read');
}

const WIRE_TYPES: Readonly<Record<Scalar, WireType>> = {
  whole: WireType.Varint,
  fixed32: WireType.Bit32,
  fixed64: WireType.Bit64,
  text: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
};

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readScalar(kind: Scalar, reader: BinaryReader): unknown {
  switch (kind) {
    case 'whole':
      return BigInt(reader.int64());
    case 'fixed32':
      return reader.fixed32();
    case 'fixed64':
      return BigInt(reader.fixed64());
    case 'text':
      return UTF_8.decode(reader.bytes());
    case 'bytes':
      return reader.bytes();
  }
}

function forgetRivals(
  table: MessageTable,
  field: FieldTable,
  values: Values,
  merged: Map<FieldTable, Uint8Array[]> | undefined,
): Map<FieldTable, Uint8Array[]> | undefined {
  for (const rival of table.rivals.get(field) ?? []) {
    if (values[rival.name] !== undefined) delete values[rival.name];
    merged?.delete(rival);
  }
  return merged;
}

function writeField(writer: BinaryWriter, number: number, kind: Kind, value: unknown): void {
  if (typeof kind === 'function') {
    writer.tag(number, WireType.LengthDelimited).fork();
    writeMessage(writer, kind(), value as Values);
    writer.join();
  } else {
    writer.tag(number, WIRE_TYPES[kind]);
    writeScalar(writer, kind, value);
  }
}

function writeList(
  writer: BinaryWriter,
  number: number,
  kind: Kind,
  list: readonly unknown[],
): void {
  if (typeof kind === 'function' || WIRE_TYPES[kind] === WireType.LengthDelimited) {
    for (const value of list) writeField(writer, number, kind, value);
  } else if (list.length > 0) {
    writer.tag(number, WireType.LengthDelimited).fork();
    for (const value of list) writeScalar(writer, kind, value);
    writer.join();
  }
}

function writeScalar(writer: BinaryWriter, kind: Scalar, value: unknown): void {
  switch (kind) {
    case 'whole':
      writer.int64(value as bigint);
      break;
    case 'fixed32':
      writer.fixed32(value as number);
      break;
    case 'fixed64':
      writer.fixed64(value as bigint);
      break;
    case 'text':
      writer.string(value as string);
      break;
    case 'bytes':
      writer.bytes(value as Uint8Array);
      break;
  }
}
