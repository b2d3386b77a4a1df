/** Sweeps: points of the axes, their runs submitted, followed and compared; students without each teacher. */
export { studentsWithout } from './students-without.js';
export { type SweepRequest, submitSweep } from './submit-sweep.js';
export { addSweep, sweepAxes } from './sweep-axes.js';
export { tableOfSweep } from './sweep-of.js';
