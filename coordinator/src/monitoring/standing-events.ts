/**
 * The events of a run's log that still stand.
 *
 * A student that goes on from a checkpoint trains the steps after it again. Earlier events of these steps are about
 * weights that no longer exist. The log keeps all events; a reader gets each step's events once.
 */
import type { RunEvent } from '@lyceum/proto';

/** Kinds of events that belong to a step: its figures, or its checkpoint. */
const OF_A_STEP: readonly string[] = ['validation', 'checkpoint'];

/**
 * The events, without those of steps that were trained again later. An assignment from step s voids earlier events of
 * the steps after s. An event of a step voids earlier events of the same kind for this and later steps.
 *
 * @param events - of one run, oldest first.
 */
export function standingEvents(events: readonly RunEvent[]): RunEvent[] {
  /** By kind: the step from which earlier events are void. */
  const voidFrom = new Map(OF_A_STEP.map((kind) => [kind, Number.POSITIVE_INFINITY]));
  const standing: RunEvent[] = [];
  for (const event of events.toReversed()) {
    const limit = voidFrom.get(event.kind);
    if (event.kind === 'assigned') {
      const firstStep = stepOf(event) + 1;
      for (const [kind, from] of voidFrom) voidFrom.set(kind, Math.min(from, firstStep));
    } else if (limit !== undefined) {
      const step = stepOf(event);
      if (step >= limit) continue;
      voidFrom.set(event.kind, step);
    }
    standing.push(event);
  }
  return standing.reverse();
}

function stepOf({ dataJson }: RunEvent): number {
  return (JSON.parse(dataJson) as { step: number }).step;
}
