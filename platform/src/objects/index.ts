/**
 * Objects that sets in shards are read from: files, HTTP, buckets. A door of its own, so that who reads none loads nothing of
 * it.
 */

export { shownUrl } from '../outside/index.js';
export { type ObjectFlags, objectFlags } from './object-flags.js';
export { isFileUrl } from './object-place.js';
export * from './objects.js';
export { type ObjectSettings, openObjects } from './open-objects.js';
export { ObjectChangedError } from './requests/index.js';
