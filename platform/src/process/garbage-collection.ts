/** Makes V8 collect garbage less often in the programs. */
import { setFlagsFromString } from 'node:v8';

/**
 * Garbage that may gather before a collection, in percent of the live heap.
 *
 * V8 counts each buffer that passes over the network as if it stayed. With a small heap it then collects after some 10
 * MB of them, every two seconds in a coordinator of 70 batches a second: a third of its processor time.
 * docs/performance.md has the figures.
 */
const GROWING_PERCENT = 300;

/** For programs that run long and move much data. Call it first: it holds for the whole process. */
export function collectGarbageRarely(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
}
