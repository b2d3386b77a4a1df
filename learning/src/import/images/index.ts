/** Reads pictures, single files and folders of them, and folders of classes of whatever files. */
export { ClassFolders, type SoughtFiles } from './class-folders.js';
export { readWithin } from './files-within.js';
export { IMAGE_NAME, imageFolderSamples } from './image-folder.js';
export { mapInOrder } from './map-in-order.js';
