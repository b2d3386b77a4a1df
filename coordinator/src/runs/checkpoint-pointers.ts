/** The coordinator's writes to checkpoint pointers: at each assignment, with the next assignment epoch. */
import { type CheckpointPointer, LyceumError, parseCheckpointPointer } from '@lyceum/proto';
import type { KeyValue } from '@lyceum/proto/node';

/** A student worker that is about to lose the run may move the pointer meanwhile, a few times at most. */
const CONFLICT_ATTEMPTS = 10;

/**
 * Takes the pointer for a new owner: the checkpoints stay, every write of a former owner fails from now on.
 *
 * @throws {LyceumError} ABORTED if somebody keeps writing it, INVALID_ARGUMENT if what is there is no pointer.
 */
export async function claimPointer(
  pointers: KeyValue,
  runId: string,
  attempt: number,
): Promise<CheckpointPointer> {
  for (let tries = 1; ; tries++) {
    const found = await pointers.get(runId);
    const old =
      found === undefined
        ? undefined
        : parseCheckpointPointer(found.value, `checkpoint pointer ${runId}`);
    const assignmentEpoch = (old?.assignmentEpoch ?? 0) + 1;
    const pointer = { ...(old ?? { runId, step: 0 }), attempt, assignmentEpoch };
    const text = JSON.stringify(pointer);
    try {
      if (found === undefined) await pointers.create(runId, text);
      else await pointers.update(runId, text, found.revision);
      return pointer;
    } catch (err) {
      const conflict = err instanceof LyceumError && err.code === 'ABORTED';
      if (!conflict || tries === CONFLICT_ATTEMPTS) throw err;
    }
  }
}

/** Steps behind the newest checkpoint; 0: there is none. */
export async function pointerStep(pointers: KeyValue, runId: string): Promise<number> {
  const found = await pointers.get(runId);
  return found === undefined
    ? 0
    : parseCheckpointPointer(found.value, `checkpoint pointer ${runId}`).step;
}
