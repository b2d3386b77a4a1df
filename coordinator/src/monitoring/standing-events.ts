/**
 * What still stands of a run's event log.
 *
 * A student that goes on from a checkpoint takes the steps after it again, and what was told of them the first time was
 * of weights that nobody has any more. The log keeps everything; a reader is not told twice of one step.
 */
import type { RunEvent } from '@lyceum/proto';

/** Events of a step: its figures, or its checkpoint. */
const OF_A_STEP: readonly string[] = ['validation', 'checkpoint'];

/**
 * The events without those of steps that were taken again later: an assignment from step s takes back what was told of
 * later steps, and an event of a step what events of its kind told of it or of later ones.
 *
 * @param events - of one run, oldest first.
 */
export function standingEvents(events: readonly RunEvent[]): RunEvent[] {
  /** By kind: from this step on, what was told earlier is void. */
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
