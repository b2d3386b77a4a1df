/**
 * Reads and writes files of general kinds: zip, npy and npz, TFRecord, lines of UTF-8, printable names. What data sets
 * and models keep in such files is in their own folders.
 */
export { removeDrafts, removeOldDrafts, writeDurably } from './durable-file.js';
export { readFolderFile, readPlainFile } from './folder-file.js';
export { isObject } from './is-object.js';
export { linesOf } from './lines.js';
export {
  type ArrayOnDisk,
  arrayMembers,
  FOREIGN_NPZ_LIMITS,
  type ForeignArray,
  type ForeignTexts,
  type NpyArray,
  NpzOnDisk,
  npyHeader,
  readForeignNpy,
  readForeignTexts,
  readNpy,
  readNpz,
  writeNpy,
  writeNpz,
} from './numpy/index.js';
export { bareName, nameProblem, shownName } from './plain-name.js';
export { type Span, SpooledBytes } from './spooled-bytes.js';
export { readTextFile } from './text-file.js';
export {
  isTfRecordWhole,
  RECORD_FOOTER_BYTES,
  RECORD_HEADER_BYTES,
  tfRecord,
  tfRecordLength,
} from './tfrecord/index.js';
export { utf8Bytes, utf8Text } from './utf8.js';
export {
  readZip,
  writeZip,
  writeZipFile,
  ZipFile,
  type ZipLimits,
  type ZipMember,
} from './zip/index.js';
