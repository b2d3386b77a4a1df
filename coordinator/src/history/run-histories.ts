/**
 * What the students of runs told of their steps, and of their targets what they were told with these: in memory as it comes, and with each checkpoint in a file a run.
 *
 * A student tells everything since the checkpoint of its assignment that was taken last, each time anew, and at first
 * everything. So the file and the next report make a whole after a restart, and steps that are taken again replace
 * those that were lost.
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
  /** Histories of runs in progress that were told of since the start. */
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
   * {@link told}, and on disk when it resolves.
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

  /** A file that cannot be understood says nothing: no training depends on it. */
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
