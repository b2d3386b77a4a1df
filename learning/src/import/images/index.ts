/** Reads pictures, as single files and in folders, and folders of classes with files of any kind. */
export { ClassFolders, type SoughtFiles } from './class-folders.js';
export { readWithin } from './files-within.js';
export { IMAGE_NAME, imageFolderSamples } from './image-folder.js';
export { mapInOrder } from './map-in-order.js';
