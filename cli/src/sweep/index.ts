/** Sweeps: submits, follows and compares runs at the points of the axes; also students without each teacher. */
export { studentsWithout } from './students-without.js';
export { type SweepRequest, submitSweep } from './submit-sweep.js';
export { addSweep, sweepAxes } from './sweep-axes.js';
export { tableOfSweep } from './sweep-of.js';
