/** How much memory the teachers of a worker may take by default. Pure. */

const MIB = 1024 ** 2;

/** Enough for several teachers of a usual size, on a machine that has other work too. */
const USUAL_MIB = 2048;

/** Memory of a worker without any teacher. */
const OWN_MIB = 512;

/** The least budget: too little for a teacher of a usual size, which the coordinator reports. */
const LEAST_MIB = 32;

/** @param limitBytes - memory limit of the process's container; 0, or more than any machine has: no limit. */
export function usualBudgetMib(limitBytes: number): number {
  if (limitBytes <= 0) return USUAL_MIB;
  const left = Math.floor(limitBytes / MIB) - OWN_MIB;
  return Math.min(USUAL_MIB, Math.max(left, LEAST_MIB));
}
