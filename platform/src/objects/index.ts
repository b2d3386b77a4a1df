/**
 * Reads the objects of sets in shards: files, HTTP, buckets. A door of its own, so that a program that reads none does
 * not load it.
 */

export { shownUrl } from '../outside/index.js';
export { type ObjectFlags, objectFlags } from './object-flags.js';
export { isFileUrl } from './object-place.js';
export * from './objects.js';
export { type ObjectSettings, openObjects } from './open-objects.js';
export { ObjectChangedError } from './requests/index.js';
