/**
 * Whether this build may go on from a checkpoint. If other numerics wrote it, the final weights would be those of
 * neither build, so a person must decide.
 */
import { NUMERICS_VERSION } from '@lyceum/learning/arrays';
import { LyceumError } from '@lyceum/proto';

/** A checkpoint's numerics, and those of the worker that should go on from it. */
export interface NumericsChange {
  /** Step of the checkpoint. */
  readonly step: number;
  readonly from: number;
  readonly to: number;
}

export class NumericsChangeError extends LyceumError {
  readonly change: NumericsChange;

  constructor(change: NumericsChange) {
    const { step, from, to } = change;
    const message = `the checkpoint of step ${step} has numerics version ${from}, and this worker computes by version ${to}: the weights would be those of neither`;
    super('FAILED_PRECONDITION', message);
    this.change = change;
  }
}

/**
 * @param accepted - changes that a person has accepted.
 * @throws {NumericsChangeError}
 */
export function checkNumerics(
  { step, numericsVersion }: { readonly step: number; readonly numericsVersion: number },
  accepted: readonly NumericsChange[],
): void {
  if (numericsVersion === NUMERICS_VERSION) return;
  const isAccepted = accepted.some(
    ({ from, to }) => from === numericsVersion && to === NUMERICS_VERSION,
  );
  if (isAccepted) return;
  throw new NumericsChangeError({ step, from: numericsVersion, to: NUMERICS_VERSION });
}
