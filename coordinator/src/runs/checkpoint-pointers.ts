/**
 * The coordinator's writes to checkpoint pointers: at each assignment, with the next assignment epoch, and for each
 * checkpoint that the assigned worker commits.
 */
import type { KeyValue } from '@lyceum/platform/nats';
import { LyceumError } from '@lyceum/proto';
import { type CheckpointPointer, parseCheckpointPointer } from '../documents/index.js';

/** A student worker that is about to lose the run may have the pointer moved meanwhile, a few times at most. */
const CONFLICT_ATTEMPTS = 10;

/** A checkpoint by its content. */
export interface Checkpoint {
  /** Steps that it has behind it. */
  readonly step: number;
  /** SHA-256, hex. */
  readonly digest: string;
}

/** The assignment whose pointer is read or moved. */
export interface PointerOwner {
  readonly runId: string;
  readonly assignmentEpoch: number;
}

export interface PointerMove {
  readonly to: Checkpoint;
  /** The newest checkpoint when the worker last looked; undefined: there was none. */
  readonly named: Checkpoint | undefined;
  /** What becomes the one before. */
  readonly previous: Checkpoint | undefined;
}

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
  return rewritten(pointers, runId, ({ deletedAtMs: _, ...kept }) => ({ ...kept, attempt }));
}

/**
 * Makes the pointer name the newest checkpoint that no step from `beforeStep` on is in, or none. Every write of a former
 * owner fails from now on.
 *
 * @returns the step that it names then.
 * @throws {LyceumError} as {@link claimPointer}.
 */
export async function rewindPointer(
  pointers: KeyValue,
  runId: string,
  beforeStep: number,
): Promise<number> {
  const { step } = await rewritten(pointers, runId, (old) => {
    if (old.step <= beforeStep) return old;
    const { digest: _, previous, ...rest } = old;
    const isSound = previous !== undefined && previous.step <= beforeStep;
    return isSound ? { ...rest, ...previous } : { ...rest, step: 0 };
  });
  return step;
}

/** The pointer as `change` makes it, of the next assignment epoch. */
async function rewritten(
  pointers: KeyValue,
  runId: string,
  change: (
    old: Omit<CheckpointPointer, 'assignmentEpoch'>,
  ) => Omit<CheckpointPointer, 'assignmentEpoch'>,
): Promise<CheckpointPointer> {
  for (let tries = 1; ; tries++) {
    const found = await pointers.get(runId);
    const old =
      found === undefined
        ? undefined
        : parseCheckpointPointer(found.value, `checkpoint pointer ${runId}`);
    const assignmentEpoch = (old?.assignmentEpoch ?? 0) + 1;
    const pointer = { ...change(old ?? { runId, step: 0, attempt: 1 }), assignmentEpoch };
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
 * The pointer of an assignment.
 *
 * @throws {LyceumError} ABORTED if it is a newer assignment's; UNAVAILABLE if it does not have this one yet;
 *   INVALID_ARGUMENT if what is there is no pointer.
 */
export async function requirePointer(
  pointers: Pick<KeyValue, 'get'>,
  { runId, assignmentEpoch }: PointerOwner,
): Promise<{ pointer: CheckpointPointer; revision: number }> {
  const found = await pointers.get(runId);
  if (found === undefined) {
    throw new LyceumError('UNAVAILABLE', `run ${runId} has no checkpoint pointer yet`);
  }
  const pointer = parseCheckpointPointer(found.value, `checkpoint pointer ${runId}`);
  if (pointer.assignmentEpoch > assignmentEpoch) {
    throw new LyceumError(
      'ABORTED',
      `run ${runId} was assigned anew: epoch ${pointer.assignmentEpoch}, yours is ${assignmentEpoch}`,
    );
  }
  if (pointer.assignmentEpoch < assignmentEpoch) {
    throw new LyceumError(
      'UNAVAILABLE',
      `the checkpoint pointer of run ${runId} is still at epoch ${pointer.assignmentEpoch}, yours is ${assignmentEpoch}`,
    );
  }
  return { pointer, revision: found.revision };
}

/**
 * Makes `to` the run's checkpoint, if the pointer is the owner's. A move whose answer was lost may be made again; one
 * that a later one of the same worker has overtaken changes nothing. A move back to an earlier step is made where the
 * worker knew what the pointer names, and found it damaged.
 *
 * @returns digests of the checkpoints that the pointer no longer names.
 * @throws {LyceumError} ABORTED if the run has a newer owner, or a later checkpoint; UNAVAILABLE if NATS does not
 *   answer.
 */
export async function movePointer(
  pointers: Pick<KeyValue, 'get' | 'update'>,
  owner: PointerOwner,
  move: PointerMove,
): Promise<string[]> {
  for (let tries = 1; ; tries++) {
    const { pointer, revision } = await requirePointer(pointers, owner);
    const newest = newestCheckpoint(pointer);
    if (isSame(newest, move.to)) return [];
    // Further back than the worker believes: the store was lost, and the copy that it was restored from was older.
    const isBehind = newest === undefined || newest.step < move.to.step;
    if (!isBehind && !isSame(newest, move.named)) {
      throw new LyceumError(
        'ABORTED',
        `run ${owner.runId} has a checkpoint of step ${newest.step} by now; that of step ${move.to.step} came late`,
      );
    }
    const next = advancedPointer(pointer, move);
    try {
      await pointers.update(owner.runId, JSON.stringify(next), revision);
    } catch (err) {
      const conflict = err instanceof LyceumError && err.code === 'ABORTED';
      if (!conflict || tries === CONFLICT_ATTEMPTS) throw err;
      continue;
    }
    const kept = checkpointsOf(next);
    return checkpointsOf(pointer).filter((digest) => !kept.includes(digest));
  }
}

/** The pointer after a move. */
export function advancedPointer(
  pointer: CheckpointPointer,
  { to, previous }: PointerMove,
): CheckpointPointer {
  const { previous: _dropped, ...rest } = pointer;
  return { ...rest, ...to, ...(previous !== undefined && { previous }) };
}

/** What training goes on from; undefined: it starts afresh. */
export function newestCheckpoint({ step, digest }: CheckpointPointer): Checkpoint | undefined {
  return digest === undefined || step === 0 ? undefined : { step, digest };
}

function isSame(one: Checkpoint | undefined, other: Checkpoint | undefined): boolean {
  return one?.step === other?.step && one?.digest === other?.digest;
}

/**
 * Makes the pointer of a run that is being deleted name no checkpoint, and void every former owner's writes. Made once.
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
  if (old.deletedAtMs !== undefined) return [];
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
  const runIds = await pointers.keys();
  const found = await Promise.all(runIds.map((runId) => pointers.get(runId)));
  for (const [i, runId] of runIds.entries()) {
    const entry = found[i];
    if (entry !== undefined)
      all.set(runId, parseCheckpointPointer(entry.value, `checkpoint pointer ${runId}`));
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
