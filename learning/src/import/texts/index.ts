/** Reads folders of texts, one folder a class. */
export { TEXT_NAME, textFolderSamples } from './text-folder.js';
