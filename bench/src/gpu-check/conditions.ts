/** The conditions of all measurements, which are printed above the table, and the time limits. */

/** Threads of the processor, and of ONNX Runtime beside a GPU. */
export const COMPUTE_THREADS = 2;
/** Samples in a batch: few, so that a processor computes them in a few seconds. */
export const TEACHER_ROWS = 32;
/** Samples of a teacher worker's tickets, unless a run says otherwise. */
export const WORKER_ROWS = 128;

/** Time limit of one probe: a processor that other programs use too takes some minutes. */
export const PROBE_LIMIT_MS = 900_000;
/** Time limit of the bench, and of the demo. */
export const PROGRAM_LIMIT_MS = 1_800_000;
