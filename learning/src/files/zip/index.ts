/** Writes and reads zip archives. All zips are read here. */
export { readZip, writeZip, zipSpans } from './zip.js';
export type { ArchiveBytes, ByteSpan, ZipLimits } from './zip-directory.js';
export { writeZipFile, ZipFile, type ZipMember } from './zip-file.js';
