/** Reads protobuf messages field by field, without generated code: of large files only the wanted fields are read. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** The bytes of the last field of this number (a message or a text); undefined: none. */
export function field(bytes: Uint8Array, wanted: number): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  eachField(bytes, (number, reader, wireType) => {
    if (number === wanted && wireType === WireType.LengthDelimited) found = reader.bytes();
    else reader.skip(wireType);
  });
  return found;
}

export function eachField(
  bytes: Uint8Array,
  visit: (number: number, reader: BinaryReader, wireType: WireType) => void,
): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    visit(number, reader, wireType);
  }
}

/** Whole numbers, packed or one by one. */
export function numbers(reader: BinaryReader, wireType: WireType): number[] {
  if (wireType !== WireType.LengthDelimited) return [Number(reader.int64())];
  const packed = new BinaryReader(reader.bytes());
  const found: number[] = [];
  while (packed.pos < packed.len) found.push(Number(packed.int64()));
  return found;
}

export function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}

/** All length-delimited fields of this number, in their order. */
export function fields(bytes: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  eachField(bytes, (number, reader, wireType) => {
    if (number === wanted && wireType === WireType.LengthDelimited) found.push(reader.bytes());
    else reader.skip(wireType);
  });
  return found;
}
