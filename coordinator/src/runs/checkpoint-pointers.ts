/**
 * The coordinator's writes to checkpoint pointers: at each assignment, with the next assignment epoch, and for each
 * checkpoint that the assigned worker commits.
 */
import type { KeyValue } from '@lyceum/platform/nats';
import { LyceumError } from '@lyceum/proto';
import { type CheckpointPointer, parseCheckpointPointer } from '../documents/index.js';

/** Greatest number of tries of one write. A student worker that is losing the run may move the pointer in between. */
const CONFLICT_ATTEMPTS = 10;

/** A checkpoint by its content. */
export interface Checkpoint {
  /** Steps trained before the checkpoint. */
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
  /** The checkpoint that the pointer then names as the previous one. */
  readonly previous: Checkpoint | undefined;
}

/**
 * Takes the pointer for a new owner. Its checkpoints stay; every write of a former owner fails from now on.
 *
 * @throws {LyceumError} ABORTED if other writes keep coming in between, INVALID_ARGUMENT if the entry is no pointer.
 */
export async function claimPointer(
  pointers: KeyValue,
  runId: string,
  attempt: number,
): Promise<CheckpointPointer> {
  return rewritten(pointers, runId, ({ deletedAtMs: _, ...kept }) => ({ ...kept, attempt }));
}

/**
 * Makes the pointer name its newest checkpoint of step `beforeStep` or earlier, or none. Every write of a former owner
 * fails from now on.
 *
 * @returns the step that the pointer then names; 0: no checkpoint.
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

/** Writes the pointer as `change` makes it, with the next assignment epoch. */
async function rewritten(
  pointers: KeyValue,
  runId: string,
  change: (
    old: Omit<CheckpointPointer, 'assignmentEpoch'>,
  ) => Omit<CheckpointPointer, 'assignmentEpoch'>,
): Promise<CheckpointPointer> {
  for (let tries = 1; ; tries++) {
    const found = await readPointer(pointers, runId);
    const old = found?.pointer ?? { runId, step: 0, attempt: 1, assignmentEpoch: 0 };
    const pointer = { ...change(old), assignmentEpoch: old.assignmentEpoch + 1 };
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
 * @throws {LyceumError} ABORTED if the pointer belongs to a newer assignment; UNAVAILABLE if it still belongs to an
 *   older one, or is not there yet; INVALID_ARGUMENT if the entry is no pointer.
 */
export async function requirePointer(
  pointers: Pick<KeyValue, 'get'>,
  { runId, assignmentEpoch }: PointerOwner,
): Promise<FoundPointer> {
  const found = await readPointer(pointers, runId);
  if (found === undefined) {
    throw new LyceumError('UNAVAILABLE', `run ${runId} has no checkpoint pointer yet`);
  }
  const { pointer } = found;
  if (pointer.assignmentEpoch > assignmentEpoch) {
    throw new LyceumError(
      'ABORTED',
      `run ${runId} was assigned again: epoch ${pointer.assignmentEpoch}, yours is ${assignmentEpoch}`,
    );
  }
  if (pointer.assignmentEpoch < assignmentEpoch) {
    throw new LyceumError(
      'UNAVAILABLE',
      `the checkpoint pointer of run ${runId} is still at epoch ${pointer.assignmentEpoch}, yours is ${assignmentEpoch}`,
    );
  }
  return found;
}

/**
 * Makes `to` the run's newest checkpoint, if the pointer belongs to the owner. A worker may repeat a move whose reply
 * was lost. A move that comes after a later move of the same worker is refused. A move back to an earlier step is
 * allowed if `named` is the checkpoint that the pointer names: the worker found that checkpoint damaged.
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
    // The pointer may be behind `named`, too: NATS was lost, and restored from an older copy.
    const isBehind = newest === undefined || newest.step < move.to.step;
    if (!isBehind && !isSame(newest, move.named)) {
      throw new LyceumError(
        'ABORTED',
        `run ${owner.runId} already has a checkpoint of step ${newest.step}; the checkpoint of step ${move.to.step} came too late`,
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

/** The checkpoint that training goes on from; undefined: training starts afresh. */
export function newestCheckpoint({ step, digest }: CheckpointPointer): Checkpoint | undefined {
  return digest === undefined || step === 0 ? undefined : { step, digest };
}

function isSame(one: Checkpoint | undefined, other: Checkpoint | undefined): boolean {
  return one?.step === other?.step && one?.digest === other?.digest;
}

/**
 * Makes the pointer of a run that is being deleted name no checkpoint. Every write of a former owner fails from now
 * on. A second call changes nothing.
 *
 * @returns digests of the checkpoints that the pointer named.
 * @throws {LyceumError} ABORTED if another write came in between.
 */
export async function dropCheckpoints(
  pointers: KeyValue,
  runId: string,
  nowMs: number,
): Promise<string[]> {
  const found = await readPointer(pointers, runId);
  if (found === undefined) return [];
  const { pointer: old } = found;
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
  const found = await Promise.all(runIds.map((runId) => readPointer(pointers, runId)));
  for (const [i, runId] of runIds.entries()) {
    const entry = found[i];
    if (entry !== undefined) all.set(runId, entry.pointer);
  }
  return all;
}

/** Step of the newest checkpoint; 0: there is none. */
export async function pointerStep(pointers: KeyValue, runId: string): Promise<number> {
  return (await readPointer(pointers, runId))?.pointer.step ?? 0;
}

interface FoundPointer {
  readonly pointer: CheckpointPointer;
  readonly revision: number;
}

/** @throws {LyceumError} INVALID_ARGUMENT if the entry is no pointer. */
async function readPointer(
  pointers: Pick<KeyValue, 'get'>,
  runId: string,
): Promise<FoundPointer | undefined> {
  const found = await pointers.get(runId);
  if (found === undefined) return undefined;
  const pointer = parseCheckpointPointer(found.value, `checkpoint pointer ${runId}`);
  return { pointer, revision: found.revision };
}
