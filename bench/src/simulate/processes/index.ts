/** Simulated processes: the coordinator around its real state machines, teacher workers and students. */
export { SILENCE_MS, SimulatedCoordinator } from './simulated-coordinator.js';
export type { SimulatedStudent } from './simulated-student.js';
