/**
 * A teacher that reads the raw form of a set's samples: texts, or rows of a table. It gives `logits`, or from these
 * the `class` alone.
 */
import type { Dataset } from '@lyceum/learning/datasets';
import { describePackagedModel, type PackagedModel } from '@lyceum/learning/formats';
import type { ModelSettings } from '@lyceum/learning/models';
import {
  type AnswerRequest,
  type AnswerTensor,
  medianLatencyMs,
  type TeacherDescription,
  type TeacherEngine,
} from '../engine/index.js';
import { answersOfLogits } from '../rows/index.js';

/** The model, as an engine runs it. */
export interface RawInference {
  readonly classCount: number;
  /**
   * @param samples - indices into the set.
   * @param maxRows - the most rows at once.
   * @returns [samples, classes] logits.
   */
  run(dataset: Dataset, samples: Uint32Array, maxRows?: number): Promise<Float32Array<ArrayBuffer>>;
  close(): Promise<void>;
}

export class RawTeacher implements TeacherEngine {
  readonly #inference: RawInference;
  readonly #settings: ModelSettings;
  readonly #description: TeacherDescription;

  private constructor(
    inference: RawInference,
    settings: ModelSettings,
    description: TeacherDescription,
  ) {
    this.#inference = inference;
    this.#settings = settings;
    this.#description = description;
  }

  /** @param inference - the teacher closes it. */
  static async open(
    packaged: PackagedModel,
    dataset: Dataset,
    inference: RawInference,
  ): Promise<RawTeacher> {
    try {
      const { settings, parameterCount, weightBytes } = describePackagedModel(packaged);
      let asked = 0;
      const latencyBatch1Ms = await medianLatencyMs(() =>
        inference.run(dataset, Uint32Array.of(asked++ % dataset.sampleCount), 1),
      );
      const { classCount } = inference;
      const description = { classCount, parameterCount, weightBytes, latencyBatch1Ms };
      return new RawTeacher(inference, settings, description);
    } catch (err) {
      await inference.close();
      throw err;
    }
  }

  describe(): TeacherDescription {
    return this.#description;
  }

  /** Views change numbers, which the model does not read: a run with views is refused. */
  async answer({ dataset, samples, outputs }: AnswerRequest): Promise<AnswerTensor[]> {
    const values = await this.#inference.run(dataset, samples);
    return answersOfLogits(values, this.#inference.classCount, {
      settings: this.#settings,
      dataset,
      outputs,
    });
  }

  close(): Promise<void> {
    return this.#inference.close();
  }
}
