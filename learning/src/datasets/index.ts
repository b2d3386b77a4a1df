/**
 * A data set in memory and as a file: samples, labels, splits and modalities, and the checks on them. How foreign
 * files become one is in import/.
 */
export {
  type Dataset,
  type DatasetParts,
  type DatasetSamples,
  describeDataset,
  MAX_CLASSES,
  type Modality,
  meantModality,
  NAMELESS,
  SPLIT_NAMES,
  SPLIT_NUMBERS,
  type SplitName,
  type StoredDataset,
  type StoredDatasetParts,
  seenDataset,
  splitNamed,
  splitSamples,
  type ValueType,
  valueType,
  withHeld,
  withoutName,
  withoutRaw,
} from './dataset.js';
export {
  encodeDataset,
  encodeStoredDataset,
  parseDataset,
  parseStoredDataset,
} from './dataset-file.js';
export { checkModalityNames, datasetProblems } from './dataset-problems.js';
export { type SampleFacts, type StoredRows, writeDatasetFile } from './dataset-writer.js';
export {
  ENCODING_FILE,
  type Encoding,
  encodeSample,
  encodingDigest,
  encodingJson,
  encodingText,
  encodingWidth,
  parseEncoding,
} from './encoding/index.js';
export {
  DEFAULT_SHARES,
  DRAWN_MAX_SAMPLES,
  fixedSplits,
  type SplitShares,
  TEST_GIVEN_SHARES,
} from './fixed-split.js';
export { encodeManifest, type ManifestParts } from './manifest-file.js';
export { allRows, type RawRow, RowFile } from './row-file.js';
export { type SampleTexts, sampleText, sampleTextsOf, TEXT_MAX_BYTES } from './sample-texts.js';
export { SamplesOnDisk } from './samples-on-disk.js';
export {
  DIGEST_BYTES,
  isManifestFile,
  type PictureCanary,
  type PictureGrid,
  pictureDigest,
  picturePlaces,
  picturesIn,
  placeInShard,
  SHARD_ENDINGS,
  SHARD_FORMATS,
  type Shard,
  type ShardFileFormat,
  type ShardIndex,
  shardFormatOf,
} from './shards/index.js';
export { type SharedSamples, sharedSamples, sharedSamplesText } from './shared-samples.js';
export {
  type ColumnCells,
  columnCells,
  countColumns,
  type TableCells,
  type TableColumn,
} from './table-cells.js';
