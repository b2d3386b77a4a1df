/** What a run's own records say of its steps: the ledger in its last checkpoint, and its events. */
import { POINTER_BUCKET, parseCheckpointPointer, type RunEvent } from '@lyceum/proto';
import { connectNats, createLogger } from '@lyceum/proto/node';
import { decodeCheckpoint, type LedgerSegment } from '@lyceum/student-worker/compute';

export interface StepCounts {
  /** Steps of the plan that the final weights did not go through. */
  readonly stepsMissing: number;
  /** Steps that they went through more than once, or out of order. */
  readonly stepsRepeated: number;
  /** Steps in segments whose targets, taken together, are not the oracle's. */
  readonly wrongTargets: number;
}

/** The ledger of the run's last checkpoint, read where a student worker would read it. */
export async function readLedger(
  natsUrl: string,
  runId: string,
): Promise<readonly LedgerSegment[]> {
  const log = createLogger({ name: 'chaos', level: 'silent' });
  const nats = await connectNats({ url: natsUrl, name: 'chaos', log });
  try {
    const pointers = await nats.keyValue(POINTER_BUCKET, { create: false });
    const found = await pointers.get(runId);
    if (found === undefined) return [];
    const { digest } = parseCheckpointPointer(found.value, `pointer of ${runId}`);
    if (digest === undefined) return [];
    const blobs = await nats.blobs({ create: false });
    return decodeCheckpoint(await blobs.get(digest), `checkpoint of ${runId}`).ledger;
  } finally {
    await nats.close();
  }
}

/** @param targetsDigest - the oracle's, for some steps. */
export function countSteps(
  ledger: readonly LedgerSegment[],
  stepCount: number,
  targetsDigest: (segment: LedgerSegment) => string,
): StepCounts {
  const taken = new Uint32Array(stepCount);
  let wrongTargets = 0;
  let stepsRepeated = 0;
  let nextStep = 0;
  for (const segment of ledger) {
    const { firstStep, endStep } = segment;
    stepsRepeated += Math.max(0, nextStep - firstStep);
    nextStep = endStep;
    for (let step = firstStep; step < endStep; step++) taken[step] = (taken[step] ?? 0) + 1;
    if (targetsDigest(segment) !== segment.targetsDigest) wrongTargets += endStep - firstStep;
  }
  return { stepsMissing: taken.filter((count) => count === 0).length, stepsRepeated, wrongTargets };
}

/**
 * Steps that a student had reported and another took again, as far as events tell: a validation is reported
 * every few steps, and events of moments without NATS are lost.
 */
export function replayedSteps(events: readonly RunEvent[]): number {
  let replayed = 0;
  let reached = 0;
  for (const { kind, dataJson } of events) {
    if (kind !== 'assigned' && kind !== 'validation') continue;
    const { step } = JSON.parse(dataJson) as { step: number };
    if (kind === 'assigned') {
      replayed += Math.max(0, reached - step);
      reached = step;
    } else reached = Math.max(reached, step);
  }
  return replayed;
}
