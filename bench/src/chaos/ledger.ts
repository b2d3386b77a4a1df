/** What a run's own records say of its steps: the ledger in its last checkpoint, and its events. */
import { parseCheckpointPointer } from '@lyceum/coordinator/documents';
import type { Nats } from '@lyceum/platform/nats';
import { type GetHistoryResponse, POINTER_BUCKET, type RunEvent } from '@lyceum/proto';
import { decodeCheckpoint, type LedgerSegment } from '@lyceum/student-worker/compute';

export interface StepCounts {
  /** Steps of the plan that the final weights did not go through. */
  readonly stepsMissing: number;
  /** Steps that the final weights went through more than once, or out of order. */
  readonly stepsRepeated: number;
  /** Steps in segments whose targets, taken together, are not the oracle's. */
  readonly wrongTargets: number;
}

/** The ledger of the run's last checkpoint, read where a student worker would read it. */
export async function readLedger(nats: Nats, runId: string): Promise<readonly LedgerSegment[]> {
  const pointers = await nats.keyValue(POINTER_BUCKET, { create: false });
  const found = await pointers.get(runId);
  if (found === undefined) return [];
  const { digest } = parseCheckpointPointer(found.value, `pointer of ${runId}`);
  if (digest === undefined) return [];
  const blobs = await nats.blobs({ create: false });
  return decodeCheckpoint(await blobs.get(digest), `checkpoint of ${runId}`).ledger;
}

/** All events that were ever told of the run, those that were undone included. */
export async function readEvents(nats: Nats, runId: string): Promise<readonly RunEvent[]> {
  const log = await nats.events();
  const { signal } = new AbortController();
  const events: RunEvent[] = [];
  for await (const { event } of log.read(runId, { follow: false, signal })) events.push(event);
  return events;
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
 * Events of a step that are listed though it is not after the one that an event of the same kind told of before.
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
 * Steps that a student had reported and another took again, as far as events tell: a validation is reported
 * every few steps, and events of moments without NATS are lost.
 *
 * @param events - all, those that were undone included.
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
 * Figures in which two histories of one run differ, except those that clocks and the order of events decide: times,
 * answers that the store had already, and how many spans were open.
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
