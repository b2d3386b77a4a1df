/** Reads and writes Protocol Buffers messages of other projects, field by field, within limits. */
export {
  decodeMessage,
  encodeMessage,
  type FieldBudget,
  MessageTable,
  many,
  one,
} from './protobuf-codec.js';
export { eachField, field, fields, numbers, text } from './protobuf-fields.js';
export { message } from './protobuf-message.js';
