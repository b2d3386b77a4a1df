/** Protobuf messages written field by field, without generated code: what `protobuf-fields.ts` is for reading. */
import { BinaryWriter } from '@bufbuild/protobuf/wire';

/** The bytes of one message. */
export function message(write: (writer: BinaryWriter) => unknown): Uint8Array {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
}
