/** Local files: what their errors mean, how much room is left, files of secrets, folders with one owner. */
export * from './disk-room.js';
export * from './file-errors.js';
export * from './folder-lock.js';
export { readGivenFile, readGivenIfThere } from './given-file.js';
export { makeFolder } from './make-folder.js';
export { isBelow, mountedFile, OPEN_FLAGS } from './mounted-file.js';
export { readIfThere } from './read-if-there.js';
