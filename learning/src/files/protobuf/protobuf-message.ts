/** Writes protobuf messages field by field, without generated code; `protobuf-fields.ts` reads them. */
import { BinaryWriter } from '@bufbuild/protobuf/wire';

/** The bytes of one message. */
export function message(write: (writer: BinaryWriter) => unknown): Uint8Array {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
}
