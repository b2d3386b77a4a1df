/**
 * A teacher for measurements: its logits are real, computed once, then looked up; each inference waits a given time
 * instead of computing.
 *
 * It stands for a teacher on its own GPU on machines without one: everything but the inference is real, and it takes
 * no core from the student. Its logits are those of the samples without a view, whatever view is asked for. One
 * inference at a time, of INFERENCE_ROWS rows.
 */
import type { Dataset } from '@lyceum/learning/datasets';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import { LyceumError } from '@lyceum/proto';
import type {
  AnswerRequest,
  AnswerTensor,
  TeacherDescription,
  TeacherEngine,
} from './engine/index.js';
import type { LookupDevice } from './lookup-device.js';
import { inferenceRanges } from './rows/index.js';

/** Outputs of all samples of a set, by the teacher's identity, the set's digest and the outputs' names. */
export type LookupTables = Map<string, readonly AnswerTensor[]>;

export class LookupTeacher implements TeacherEngine {
  readonly #teacher: TeacherEngine;
  readonly #identity: string;
  readonly #delayMs: () => number;
  readonly #tables: LookupTables;
  readonly #device: LookupDevice;

  /**
   * @param delayMs - how long one inference takes now.
   * @param tables - kept when the teacher is unloaded, so that loading it again computes nothing.
   * @param device - shared by all teachers of the process.
   */
  constructor(
    teacher: TeacherEngine,
    identity: string,
    delayMs: () => number,
    tables: LookupTables,
    device: LookupDevice,
  ) {
    this.#teacher = teacher;
    this.#identity = identity;
    this.#delayMs = delayMs;
    this.#tables = tables;
    this.#device = device;
  }

  describe(): TeacherDescription {
    return { ...this.#teacher.describe(), latencyBatch1Ms: this.#delayMs() };
  }

  async answer({ dataset, samples, outputs }: AnswerRequest): Promise<AnswerTensor[]> {
    if (dataset.held !== undefined) {
      const message =
        '--lookup-delay-ms needs a set that is in memory as a whole, and a set in shards is not';
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    const key = [this.#identity, dataset.digest, ...outputs].join();
    let table = this.#tables.get(key);
    let inferred: Promise<void> | undefined;
    if (table === undefined) {
      // The set's first answer takes the time of computing it; the warm-up asks for it.
      table = await this.#answerAll(dataset, outputs);
      this.#tables.set(key, table);
    } else {
      // One wait for all inferences: timers are exact to a millisecond only, too coarse for short inferences.
      const count = inferenceRanges(samples.length).length;
      inferred = this.#device.occupy(count * this.#delayMs());
    }
    const answer = table.map(({ name, width, values }) => {
      const rows = new Float32Array(samples.length * width);
      for (let row = 0; row < samples.length; row++) {
        const from = (samples[row] as number) * width;
        for (let c = 0; c < width; c++) rows[row * width + c] = values[from + c] as number;
      }
      return { name, width, values: rows };
    });
    await inferred;
    return answer;
  }

  close(): Promise<void> {
    return this.#teacher.close();
  }

  #answerAll(dataset: Dataset, outputs: readonly string[]): Promise<AnswerTensor[]> {
    const samples = Uint32Array.from({ length: dataset.sampleCount }, (_, sample) => sample);
    return this.#teacher.answer({ dataset, samples, view: IDENTITY_VIEW, outputs });
  }
}
