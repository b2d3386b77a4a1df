/** How numbers are written in fewer bytes: pure functions between plain arrays, for stores and the wire. */
export * from './affine8.js';
export * from './answer-codec.js';
export * from './bfloat16.js';
export * from './float16.js';
export * from './tinyvit-record.js';
export * from './top-k.js';
