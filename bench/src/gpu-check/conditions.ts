/** The conditions of all measurements, which stand above the table, and their limits of time. */

/** Threads of the processor, and of ONNX Runtime beside a GPU. */
export const COMPUTE_THREADS = 2;
/** Samples at a time; few enough for a processor to compute them in a few seconds. */
export const TEACHER_ROWS = 32;
/** Samples of a teacher worker's tickets, unless a run says otherwise. */
export const WORKER_ROWS = 128;

/** Limit of one process that measures: a processor that other programs use as well takes some minutes. */
export const PROBE_LIMIT_MS = 900_000;
/** Limit of the bench, and of the demo. */
export const PROGRAM_LIMIT_MS = 1_800_000;
