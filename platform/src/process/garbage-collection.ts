/** How often the programs look for garbage. */
import { setFlagsFromString } from 'node:v8';

/**
 * Garbage that may gather before it is looked for, in percent of what lives.
 *
 * V8 counts each buffer that comes or goes over a network as if it stayed, and with a small heap looks through all of it
 * after some 10 MB of them, every two seconds in a coordinator of 70 batches a second: a third of its processor time.
 * docs/performance.md has the figures.
 */
const GROWING_PERCENT = 300;

/** For programs that run long and move much: call it first. Holds for the whole process. */
export function collectGarbageRarely(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
}
