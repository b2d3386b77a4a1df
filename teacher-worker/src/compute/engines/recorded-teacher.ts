/**
 * A teacher whose answers are stored in its package. If these are classes, it gives only `class`; if they are logits,
 * it gives `logits` and `class`.
 */
import type { RecordedPackage } from '@lyceum/learning/formats';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import { CLASS_OUTPUT, LyceumError } from '@lyceum/proto';
import type {
  AnswerRequest,
  AnswerTensor,
  TeacherDescription,
  TeacherEngine,
} from '../engine/index.js';
import { outputsOfLogits } from '../rows/index.js';
import type { LocalOpener } from './local-opener.js';

export const recorded: LocalOpener<'recorded'> = {
  format: 'recorded',
  open: (model) => new RecordedTeacher(model),
};

class RecordedTeacher implements TeacherEngine {
  readonly computesNothing = true;
  readonly #recorded: RecordedPackage;

  constructor(recorded: RecordedPackage) {
    this.#recorded = recorded;
  }

  describe(): TeacherDescription {
    const { dataset, answers } = this.#recorded;
    const values = answers.kind === 'classes' ? answers.classes : answers.logits;
    return {
      classCount: dataset.classCount,
      parameterCount: 0,
      weightBytes: values.byteLength,
      latencyBatch1Ms: 0,
    };
  }

  async answer({ dataset, samples, view, outputs }: AnswerRequest): Promise<AnswerTensor[]> {
    const { dataset: recorded, answers } = this.#recorded;
    if (dataset.digest !== recorded.digest) {
      throw refusal(`its answers are to data set ${recorded.digest}, not to ${dataset.digest}`);
    }
    if (view.text !== IDENTITY_VIEW.text) {
      throw refusal(`its answers are to the samples as they are, not to view ${view.text}`);
    }
    if (answers.kind === 'classes') {
      if (`${outputs}` !== CLASS_OUTPUT) {
        throw refusal(`it gives ${CLASS_OUTPUT} alone, not ${outputs.join(', ')}`);
      }
      const values = Float32Array.from(samples, (sample) => answers.classes[sample] as number);
      return [{ name: CLASS_OUTPUT, width: 1, values }];
    }
    const width = recorded.classCount;
    const values = new Float32Array(samples.length * width);
    for (const [row, sample] of samples.entries()) {
      values.set(answers.logits.subarray(sample * width, (sample + 1) * width), row * width);
    }
    return outputsOfLogits({ name: 'logits', width, values }, outputs);
  }

  async close(): Promise<void> {}
}

function refusal(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
