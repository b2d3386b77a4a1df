/** From a program's start to its end: signals, shutdown, its log, where it listens. */
export * from './exit-codes.js';
export * from './garbage-collection.js';
export * from './interrupt.js';
export * from './lifecycle.js';
export * from './listen.js';
export * from './log-tap.js';
export * from './logger.js';
export * from './start-patience.js';
export * from './yes-or-no.js';
