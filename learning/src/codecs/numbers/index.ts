/** Numbers in fewer bytes: pure functions between plain arrays. */
export * from './affine8.js';
export * from './bfloat16.js';
export * from './float16.js';
export * from './top-k.js';
