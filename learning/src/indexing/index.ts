/** Sets in shards, made of what lies elsewhere: tars, Parquet, TFRecords and folders of pictures, read once. */
export { parseLabelPlace } from './formats/index.js';
export { type RegisteredSet, type RegisterOptions, registerSet } from './register-set.js';
export {
  PICTURE_FORMATS,
  type PictureFormat,
  type RepackOptions,
  repackSet,
} from './repack/index.js';
