/** Zip archives: written, and read by the one reader of zips. */
export { readZip, writeZip, zipSpans } from './zip.js';
export type { ArchiveBytes, ByteSpan, ZipLimits } from './zip-directory.js';
export { writeZipFile, ZipFile, type ZipMember } from './zip-file.js';
