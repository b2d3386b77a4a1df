/** The contract between the programs: messages, frames, names, limits, errors. Only hashes and buffers need Node. */

export * from './bounded-reader.js';
export * from './chunks.js';
export * from './digest.js';
export * from './element-count.js';
export * from './errors.js';
export * from './limits.js';
export * from './message-sum.js';
export * from './messages.js';
export * from './names/index.js';
export * from './own-entry.js';
export * from './printable.js';
export * from './shown-text.js';
export * from './tensor-frames.js';
export * from './ticket.js';
