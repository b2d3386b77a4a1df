/**
 * Deletes runs that have ended: on request, and once their time to live is over. The record goes first, so that a
 * crash leaves behind only garbage, which nothing refers to.
 */
import type { Logger } from '@lyceum/platform';
import type { KeyValue } from '@lyceum/platform/nats';
import { baselineRunId, LyceumError, toLyceumError } from '@lyceum/proto';
import type { ArtifactCatalog } from '../artifacts/index.js';
import type { RunEvents } from '../monitoring/index.js';
import {
  blobsOf,
  type ContributorLedgers,
  dropCheckpoints,
  hasOwnBaseline,
  namesRun,
  type RunRecord,
  type RunStore,
} from '../runs/index.js';
import { hasEnded } from '../schedule/index.js';
import { deleteUnreferred } from './unreferred-blobs.js';

export interface RunDeletionParts {
  readonly store: RunStore;
  readonly pointers: KeyValue;
  readonly catalog: ArtifactCatalog;
  readonly ledgers: ContributorLedgers;
  readonly events: RunEvents;
  readonly log: Logger;
  readonly now: () => number;
}

export class RunDeletion {
  readonly #parts: RunDeletionParts;

  constructor(parts: RunDeletionParts) {
    this.#parts = parts;
  }

  /**
   * @returns the runs that were deleted: this one, and its own baseline unless another run names the baseline.
   * @throws {LyceumError} NOT_FOUND; FAILED_PRECONDITION if the run has not ended or another run names it.
   */
  async delete(runId: string): Promise<string[]> {
    const record = this.#parts.store.require(runId);
    const baseline = this.#baselineOf(record);
    if (baseline !== undefined && !hasEnded(baseline.state)) {
      const message = `run ${baseline.runId}, its baseline, is ${baseline.state}; cancel it first`;
      throw new LyceumError('FAILED_PRECONDITION', message);
    }
    await this.#deleteOne(record);
    if (baseline === undefined) return [runId];
    try {
      await this.#deleteOne(baseline);
    } catch (thrown) {
      if (toLyceumError(thrown).code !== 'FAILED_PRECONDITION') throw thrown;
      return [runId];
    }
    return [runId, baseline.runId];
  }

  /**
   * Deletes the runs whose time to live is over. A run that another run names stays until the other is deleted, and a
   * run whose baseline goes on until that has ended.
   */
  async deleteExpired(): Promise<void> {
    const { store, now, log } = this.#parts;
    for (const record of store.list()) {
      const ttl = record.specification.spec.retention?.ttlAfterFinished;
      if (ttl === undefined || !hasEnded(record.state)) continue;
      if (now() - record.endedAtMs < ttl * 1000 || this.#user(record.runId) !== undefined) continue;
      const baseline = this.#baselineOf(record);
      if (baseline !== undefined && !hasEnded(baseline.state)) continue;
      try {
        await this.delete(record.runId);
      } catch (thrown) {
        log.warn({ err: toLyceumError(thrown), runId: record.runId }, 'expired run not deleted');
      }
    }
  }

  /** The run's own baseline; one that was submitted separately is not deleted with the run. */
  #baselineOf(record: RunRecord): RunRecord | undefined {
    const { runId } = record;
    const known = hasOwnBaseline(record) ? this.#parts.store.get(baselineRunId(runId)) : undefined;
    return known?.parentRunId === runId ? known : undefined;
  }

  async #deleteOne(record: RunRecord): Promise<void> {
    const { store, pointers, ledgers, events, log, now } = this.#parts;
    const { runId } = record;
    let last = record;
    const check = (current: RunRecord) => {
      last = current;
      this.#check(current);
    };
    let checkpoints: string[] = [];
    await store.delete(runId, check, async () => {
      checkpoints = await dropCheckpoints(pointers, runId, now());
      await ledgers.delete(runId);
      await events.purge(runId);
    });
    // Only now: a submit of the same id may hold these blobs, and waits until the former run is deleted.
    await deleteUnreferred(this.#parts, [...blobsOf(last), ...checkpoints]);
    log.info({ runId }, 'run deleted');
  }

  #check({ runId, state }: RunRecord): void {
    if (!hasEnded(state)) {
      const message = `run ${runId} is ${state}; only a run that has ended is deleted`;
      throw new LyceumError('FAILED_PRECONDITION', message);
    }
    const user = this.#user(runId);
    if (user === undefined) return;
    throw new LyceumError('FAILED_PRECONDITION', `run ${user[0]} names run ${runId} as ${user[1]}`);
  }

  /** The first other run that names this run, and its role there. */
  #user(runId: string): readonly [string, string] | undefined {
    for (const other of this.#parts.store.list()) {
      const role = other.runId === runId ? undefined : namesRun(other, runId);
      if (role !== undefined) return [other.runId, role];
    }
    return undefined;
  }
}
