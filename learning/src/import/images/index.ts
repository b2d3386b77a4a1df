/** Reads pictures, single files and folders of them. */
export { readWithin } from './files-within.js';
export { imageFolderSamples } from './image-folder.js';
export { mapInOrder } from './map-in-order.js';
