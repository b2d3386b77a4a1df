/** Threads with teachers: commands in, answers out. Nothing here listens to the network but for remote teachers. */
export { Compute } from './compute.js';
export { Hosts } from './hosts.js';
export type { Answer, ComputeDevice, DatasetFile } from './protocol.js';
