/**
 * Writes figures of a training's steps into an event file of TensorBoard: one for each run and assignment, in DIR/RUN.
 * A file begins by voiding older files' events of steps that are taken again. A failure to write does not end the
 * training.
 */
import { appendFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import {
  HISTORY_BUCKETS,
  StepHistory,
  shownColumns,
  shownMeans,
  summedColumns,
} from '@lyceum/learning/history';
import type { RunSpecification } from '@lyceum/learning/specification';
import {
  eventFileName,
  historyScalars,
  type Scalars,
  scalarsRecord,
  startRecords,
} from '@lyceum/learning/tensorboard';
import { type Logger, makeFolder } from '@lyceum/platform';
import type { TrainingProgress } from '../job/index.js';
import type { AssignmentKey } from '../session/index.js';

type Told = Pick<TrainingProgress, 'history'>;

export class EventLog {
  readonly #file: string;
  readonly #specification: RunSpecification;
  readonly #history: StepHistory;
  readonly #log: Logger;
  /** Number of steps whose events are written. */
  #step: number;
  #writing: Promise<void>;
  #isBroken = false;

  /** @param step - steps that are done already: older files may have events of later ones. */
  constructor(
    folder: string,
    { runId, assignmentEpoch }: AssignmentKey,
    specification: RunSpecification,
    step: number,
    log: Logger,
  ) {
    const seconds = Date.now() / 1000;
    const name = eventFileName(seconds, assignmentEpoch, hostname(), process.pid);
    this.#file = join(folder, runId, name);
    this.#specification = specification;
    this.#history = new StepHistory(summedColumns(specification).length);
    this.#step = step;
    this.#log = log;
    this.#writing = this.#begin(startRecords(seconds, step + 1));
  }

  /** Adds steps. Reports and checkpoints both bring steps, and neither brings all. */
  told({ history }: Told): void {
    this.#history.put(history);
    const events = this.#newEvents();
    this.#step = Math.max(this.#step, this.#history.endStep);
    if (events.length === 0) return;
    const records = Buffer.concat(events.map(scalarsRecord));
    this.#writing = this.#writing.then(() => this.#append(records));
  }

  /** Resolves when all added steps are in the file, or cannot be written. */
  written(): Promise<void> {
    return this.#writing;
  }

  /** Scalars of the new steps. In a long run several steps share a point, which has their mean so far. */
  #newEvents(): Scalars[] {
    const wallSeconds = Date.now() / 1000;
    const points = this.#history
      .points(this.#step, this.#history.endStep, HISTORY_BUCKETS)
      .map((point) => ({ ...point, means: shownMeans(this.#specification, point.means) }));
    const columns = shownColumns(this.#specification);
    return historyScalars({ columns, points }, wallSeconds).map((event) => ({
      ...event,
      wallSeconds,
    }));
  }

  async #begin(records: Uint8Array): Promise<void> {
    await this.#guarded(() => makeFolder(dirname(this.#file)));
    await this.#append(records);
  }

  #append(records: Uint8Array): Promise<void> {
    return this.#guarded(() => appendFile(this.#file, records));
  }

  /** After the first failure nothing more is written: half a record would hide all that follows. */
  async #guarded(write: () => Promise<unknown>): Promise<void> {
    if (this.#isBroken) return;
    try {
      await write();
    } catch (err) {
      this.#isBroken = true;
      this.#log.warn({ err, file: this.#file }, 'events are not written any more');
    }
  }
}
