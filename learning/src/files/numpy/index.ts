/** Arrays in NumPy's files: npy of one, npz of several; our own, and those of others in all of NumPy's types. */
export { type ForeignArray, readForeignNpy } from './foreign-npy.js';
export { type ForeignTexts, readForeignTexts } from './foreign-texts.js';
export { type NpyArray, npyHeader, readNpy, writeNpy } from './npy.js';
export { arrayMembers, FOREIGN_NPZ_LIMITS, readNpz, writeNpz } from './npz.js';
export { type ArrayOnDisk, NpzOnDisk } from './npz-on-disk.js';
