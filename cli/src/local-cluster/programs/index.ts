/** One program of the cluster: its process, its log, its priority, and the guard that ends it with its parent. */
export { ChildProgram } from './child-program.js';
export { endText } from './end-text.js';
export { Guard } from './guard-process.js';
export { keepRunning } from './keep-running.js';
export { type ProgramName, programFile } from './program-files.js';
export { yieldCores } from './yield-cores.js';
