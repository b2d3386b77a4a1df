/** Makes sets in shards of files that stay where they are: tars, Parquet, TFRecords and folders of pictures. */
export { parseLabelPlace } from './formats/index.js';
export { type RegisteredSet, type RegisterOptions, registerSet } from './register-set.js';
export {
  PICTURE_FORMATS,
  type PictureFormat,
  type RepackOptions,
  repackSet,
} from './repack/index.js';
