/** How texts and rows of tables become numbers. Fitting an encoding to a table is in import/columns/. */
export {
  type Cell,
  categoryOf,
  cellOf,
  isCode,
  isDate,
  isDayNumber,
  isDecimalComma,
  isMarkedNumber,
  numberOf,
} from './cells.js';
export {
  describeEncoding,
  ENCODING_FILE,
  type Encoding,
  encodeSample,
  encodingDigest,
  encodingJson,
  encodingSizeProblem,
  encodingText,
  encodingWidth,
  parseEncoding,
  readEncoding,
} from './encoding.js';
export { SampleRefusedError } from './sample-refused-error.js';
export { type ColumnEncoding, encodeRow, type TableEncoding } from './table-encoding.js';
export { encodeText, type TextEncoding, textEncoding } from './text-encoding.js';
