/** Writes a set's pictures anew, smaller and mixed. */
export { PICTURE_FORMATS, type PictureFormat } from './repack-plan.js';
export { type RepackOptions, repackSet } from './repack-set.js';
