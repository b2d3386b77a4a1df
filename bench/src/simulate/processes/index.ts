/** The coordinator around its real machines, teacher workers and students. */
export { SILENCE_MS, SimulatedCoordinator } from './simulated-coordinator.js';
export type { SimulatedStudent } from './simulated-student.js';
