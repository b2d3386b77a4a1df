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
    const { deletedAtMs: _, ...kept } = old ?? { runId, step: 0 };
    const pointer = { ...kept, attempt, assignmentEpoch };
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

/**
 * Makes the pointer of a run that is being deleted name no checkpoint, and void every former owner's writes.
 *
 * @returns digests of the checkpoints that it named.
 * @throws {LyceumError} ABORTED if somebody writes it at this moment.
 */
export async function dropCheckpoints(
  pointers: KeyValue,
  runId: string,
  nowMs: number,
): Promise<string[]> {
  const found = await pointers.get(runId);
  if (found === undefined) return [];
  const old = parseCheckpointPointer(found.value, `checkpoint pointer ${runId}`);
  const { attempt } = old;
  const assignmentEpoch = old.assignmentEpoch + 1;
  const pointer: CheckpointPointer = {
    runId,
    attempt,
    assignmentEpoch,
    step: 0,
    deletedAtMs: nowMs,
  };
  await pointers.update(runId, JSON.stringify(pointer), found.revision);
  return checkpointsOf(old);
}

/** Digests of the checkpoints that a pointer names. */
export function checkpointsOf({ digest, previous }: CheckpointPointer): string[] {
  return [digest, previous?.digest].filter((named) => named !== undefined);
}

/** Every run's pointer, by the run's id. */
export async function allPointers(pointers: KeyValue): Promise<Map<string, CheckpointPointer>> {
  const all = new Map<string, CheckpointPointer>();
  for (const runId of await pointers.keys()) {
    const found = await pointers.get(runId);
    if (found !== undefined)
      all.set(runId, parseCheckpointPointer(found.value, `checkpoint pointer ${runId}`));
  }
  return all;
}

/** Steps behind the newest checkpoint; 0: there is none. */
export async function pointerStep(pointers: KeyValue, runId: string): Promise<number> {
  const found = await pointers.get(runId);
  return found === undefined
    ? 0
    : parseCheckpointPointer(found.value, `checkpoint pointer ${runId}`).step;
}
