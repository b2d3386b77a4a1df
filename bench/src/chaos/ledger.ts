/** The steps of a run as its own records have them: the ledger in its last checkpoint, and its events. */
import { parseCheckpointPointer } from '@lyceum/coordinator/documents';
import type { Nats } from '@lyceum/platform/nats';
import { type GetHistoryResponse, POINTER_BUCKET, type RunEvent } from '@lyceum/proto';
import { decodeCheckpoint, type LedgerSegment } from '@lyceum/student-worker/compute';

export interface StepCounts {
  /** Steps of the plan that the final weights did not go through. */
  readonly stepsMissing: number;
  /** Steps that the final weights went through more than once, or out of order. */
  readonly stepsRepeated: number;
  /** Steps in segments whose digest of targets is not the oracle's. */
  readonly wrongTargets: number;
}

/** Reads the ledger of the run's last checkpoint, as a student worker would. */
export async function readLedger(nats: Nats, runId: string): Promise<readonly LedgerSegment[]> {
  const pointers = await nats.keyValue(POINTER_BUCKET, { create: false });
  const found = await pointers.get(runId);
  if (found === undefined) return [];
  const { digest } = parseCheckpointPointer(found.value, `pointer of ${runId}`);
  if (digest === undefined) return [];
  const blobs = await nats.blobs({ create: false });
  return decodeCheckpoint(await blobs.get(digest), `checkpoint of ${runId}`).ledger;
}

/** All events of the run, including those that were undone. */
export async function readEvents(nats: Nats, runId: string): Promise<readonly RunEvent[]> {
  const log = await nats.events();
  const { signal } = new AbortController();
  const events: RunEvent[] = [];
  for await (const { event } of log.read(runId, { follow: false, signal })) events.push(event);
  return events;
}

/** @param targetsDigest - the oracle's digest of the targets of a segment's steps. */
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
 * Counts events whose step is not after the step of the event of the same kind before it in the list.
 *
 * @param listed - the events as users see them.
 */
export function eventsRepeated(listed: readonly RunEvent[]): number {
  const reached = new Map<string, number>();
  let repeated = 0;
  for (const { kind, dataJson } of listed) {
    if (kind !== 'validation' && kind !== 'checkpoint') continue;
    const { step } = JSON.parse(dataJson) as { step: number };
    if (step <= (reached.get(kind) ?? 0)) repeated += 1;
    reached.set(kind, step);
  }
  return repeated;
}

/**
 * Steps that one student had reported and another student repeated. Events show them only roughly: a validation is
 * reported every few steps, and events are lost while NATS is away.
 *
 * @param events - all events, including those that were undone.
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

/**
 * Counts the figures in which two histories of one run differ. Figures that depend on clocks and the order of events
 * do not count: times, answers that the store had already, and numbers of open spans.
 */
export function historyDifferences(a: GetHistoryResponse, b: GetHistoryResponse): number {
  const isChance = (column: string) =>
    ['seconds', 'waitingSeconds', 'storeShare', 'openSpans'].includes(column) ||
    column.endsWith('.latencyMs');
  const figuresOf = ({ columns, points }: GetHistoryResponse) =>
    points.flatMap(({ firstStep, endStep, means }) => [
      firstStep,
      endStep,
      ...means.filter((_, index) => !isChance(columns[index] ?? '')),
    ]);
  const [ofA, ofB] = [figuresOf(a), figuresOf(b)];
  return Array.from({ length: Math.max(ofA.length, ofB.length) }, (_, i) =>
    Object.is(ofA[i], ofB[i]) ? 0 : 1,
  ).reduce<number>((sum, differs) => sum + differs, 0);
}
