/**
 * Histories of runs: what students tell of their steps, and the figures of targets that the coordinator sent them.
 * They are kept in memory as they come, and at each checkpoint in a file for each run.
 *
 * Each report of a student has everything since the last checkpoint of its assignment, and before the first checkpoint
 * everything. So after a restart file and next report are complete together, and steps that are taken again replace
 * the lost ones.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '@lyceum/learning/files';
import { type HistoryPart, StepHistory, summedColumns } from '@lyceum/learning/history';
import { makeFolder, readIfThere } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import type { RunRecord } from '../runs/index.js';

interface Told {
  readonly history: StepHistory;
  /** The assignment that told of the newest step. */
  assignmentEpoch: number;
}

export class RunHistories {
  readonly #folder: string;
  /** Histories of runs in progress of which a student has reported since this coordinator's start. */
  readonly #live = new Map<string, Promise<Told>>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<RunHistories> {
    await makeFolder(folder);
    return new RunHistories(folder);
  }

  /** Takes what the student tells of a run. @throws {LyceumError} INVALID_ARGUMENT as `StepHistory.put`. */
  async told(record: RunRecord, assignmentEpoch: number, part: HistoryPart): Promise<void> {
    const reading = this.#live.get(record.runId) ?? this.#read(record);
    this.#live.set(record.runId, reading);
    const told = await reading.catch((err: unknown) => {
      this.#live.delete(record.runId);
      throw err;
    });
    // A report can come after the commit of a later step, on another stream.
    const isLate = assignmentEpoch <= told.assignmentEpoch && part.endStep < told.history.endStep;
    if (isLate) return;
    told.history.put(part);
    told.assignmentEpoch = assignmentEpoch;
  }

  /**
   * As {@link told}; resolves once the history is on disk.
   *
   * @throws {StorageFullError} if the disk is full.
   */
  async keep(record: RunRecord, assignmentEpoch: number, part: HistoryPart): Promise<void> {
    await this.told(record, assignmentEpoch, part);
    const { bucketSteps, endStep, values } = (await this.read(record)).from(0);
    const numbers = Float64Array.of(assignmentEpoch, bucketSteps, endStep, ...values);
    await writeDurably(this.#path(record.runId), new Uint8Array(numbers.buffer));
  }

  /** The run's history; empty if none was told. */
  async read(record: RunRecord): Promise<StepHistory> {
    return (await (this.#live.get(record.runId) ?? this.#read(record))).history;
  }

  /** The run has ended: its file says all. */
  forget(runId: string): void {
    this.#live.delete(runId);
  }

  async delete(runId: string): Promise<void> {
    this.forget(runId);
    await rm(this.#path(runId), { force: true });
  }

  /** A file that cannot be read counts as empty: no training depends on it. */
  async #read({ runId, specification }: RunRecord): Promise<Told> {
    const history = new StepHistory(summedColumns(specification).length);
    const nothing = { history, assignmentEpoch: 0 };
    const bytes = await readIfThere(this.#path(runId));
    if (bytes === undefined) return nothing;
    try {
      const numbers = new Float64Array(new Uint8Array(bytes).buffer);
      const [assignmentEpoch = 0, bucketSteps = 0, endStep = 0, ...values] = numbers;
      history.put({ bucketSteps, firstBucket: 0, endStep, values });
      return { history, assignmentEpoch };
    } catch (err) {
      if (err instanceof LyceumError || err instanceof RangeError) return nothing;
      throw err;
    }
  }

  #path(runId: string): string {
    return join(this.#folder, `${runId}.history`);
  }
}
