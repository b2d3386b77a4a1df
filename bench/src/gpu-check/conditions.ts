/** Under what everything is measured: said above the table; and how long it may take. */

/** Of the processor, and of ONNX Runtime beside a GPU. */
export const COMPUTE_THREADS = 2;
/** Samples at a time, that a processor computes in a few seconds. */
export const TEACHER_ROWS = 32;
/** Of a teacher worker's tickets, if a run says nothing else. */
export const WORKER_ROWS = 128;

/** Of one process that measures: a processor that other programs use as well takes some minutes. */
export const PROBE_LIMIT_MS = 900_000;
/** Of the bench, and of the demo. */
export const PROGRAM_LIMIT_MS = 1_800_000;
