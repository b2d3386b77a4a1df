/** News for open pages: one stream for each tab, one source for all tabs that want the same. */
export type { StreamClient } from './source.js';
export { Streams } from './streams.js';
export { Tab } from './tab.js';
