/** What open pages are told as it happens: one stream a tab, one source for all tabs that want the same. */
export type { StreamClient } from './source.js';
export { Streams } from './streams.js';
export { Tab } from './tab.js';
