/** A teacher that is an ONNX model of texts. It gives `logits`, and of them the `class` alone. */
import { type Dataset, type SampleTexts, sampleText } from '@lyceum/learning/datasets';
import { describePackagedModel, type PackageOf } from '@lyceum/learning/formats';
import type { ModelSettings } from '@lyceum/learning/models';
import {
  missingCudaProvider,
  type OnnxPlace,
  OnnxTextInference,
  onnxRuntimeVersion,
} from '@lyceum/learning/onnx';
import { LyceumError } from '@lyceum/proto';
import {
  type AnswerRequest,
  type AnswerTensor,
  medianLatencyMs,
  type TeacherDescription,
  type TeacherEngine,
} from '../engine/index.js';
import { answersOfLogits } from '../rows/index.js';
import type { LocalOpener } from './local-opener.js';

export const onnxText: LocalOpener<'onnx-text'> = {
  format: 'onnx-text',
  version: () => `onnxruntime ${onnxRuntimeVersion()}`,
  gpuProblem: () => missingCudaProvider(),
  // It chooses algorithms by the time that they take.
  isExactOnGpu: false,
  open: (model, { dataset }, { computeThreads: threads, device }) =>
    OnnxTextTeacher.open(model, dataset, { threads, device }),
};

class OnnxTextTeacher implements TeacherEngine {
  readonly #inference: OnnxTextInference;
  readonly #settings: ModelSettings;
  readonly #description: TeacherDescription;

  private constructor(
    inference: OnnxTextInference,
    settings: ModelSettings,
    description: TeacherDescription,
  ) {
    this.#inference = inference;
    this.#settings = settings;
    this.#description = description;
  }

  /** @throws {LyceumError} INVALID_ARGUMENT if the set was not made of texts. */
  static async open(
    model: PackageOf<'onnx-text'>,
    dataset: Dataset,
    place: OnnxPlace,
  ): Promise<OnnxTextTeacher> {
    const { parameterCount, weightBytes } = describePackagedModel({ format: 'onnx-text', model });
    const texts = textsOf(dataset);
    const inference = await OnnxTextInference.open(model, place);
    try {
      let asked = 0;
      const latencyBatch1Ms = await medianLatencyMs(() =>
        inference.run([sampleText(texts, asked++ % dataset.sampleCount)], 1),
      );
      const { classCount } = inference;
      const description = { classCount, parameterCount, weightBytes, latencyBatch1Ms };
      return new OnnxTextTeacher(inference, model.settings, description);
    } catch (err) {
      await inference.close();
      throw err;
    }
  }

  describe(): TeacherDescription {
    return this.#description;
  }

  /** Views change numbers, and it reads none: a run with views is refused. */
  async answer({ dataset, samples, outputs }: AnswerRequest): Promise<AnswerTensor[]> {
    const texts = textsOf(dataset);
    const asked = Array.from(samples, (sample) => sampleText(texts, sample));
    const values = await this.#inference.run(asked);
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

/** @throws {LyceumError} INVALID_ARGUMENT if the set was not made of texts. */
function textsOf({ texts }: Dataset): SampleTexts {
  if (texts !== undefined) return texts;
  throw new LyceumError('INVALID_ARGUMENT', 'the model reads texts, and this data set has none');
}
