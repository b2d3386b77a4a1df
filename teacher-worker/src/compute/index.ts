/** Threads with teachers: calls in, answers out. Nothing here listens to the network but for remote teachers. */
export type { Answer, ComputeDevice, DatasetFile } from './teacher-calls.js';
export { TeacherCompute } from './teacher-compute.js';
