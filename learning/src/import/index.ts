/** From foreign files to a data set's file: sources, modalities, summary, warnings. */
export { IMAGE_FILE_MAX_BYTES, IMAGE_FITS, type ImageFit } from '../pictures/index.js';
export { importPackaged, packagedParts } from './arrays/index.js';
export { type GivenSample, givenPictures } from './given-pictures.js';
export { importModalities, type ModalitySource, parseModality } from './import-modalities.js';
export {
  type ImportedSource,
  type ImportPlaces,
  importIdxFiles,
  importSource,
  inspectedSource,
  requireNothingRefused,
} from './import-source.js';
export { type ImportSummary, importSummary } from './import-summary.js';
export { type RawSample, rawSamples } from './raw-samples.js';
export {
  type ImportOptions,
  parseClasses,
  parseColumns,
  parseNgrams,
  parseSize,
  parseSplit,
} from './samples/index.js';
export { TABLE_ENDINGS, tableFileAt } from './tables/index.js';
