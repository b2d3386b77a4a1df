/** A teacher that is an ONNX model of texts. */
import { type Dataset, type SampleTexts, sampleText } from '@lyceum/learning/datasets';
import { missingCudaProvider, OnnxTextInference, onnxRuntimeVersion } from '@lyceum/learning/onnx';
import { LyceumError } from '@lyceum/proto';
import type { LocalOpener } from './local-opener.js';
import { type RawInference, RawTeacher } from './raw-teacher.js';

export const onnxText: LocalOpener<'onnx-text'> = {
  format: 'onnx-text',
  version: () => `onnxruntime ${onnxRuntimeVersion()}`,
  gpuProblem: () => missingCudaProvider(),
  // ONNX Runtime chooses algorithms by the time that they take.
  isExactOnGpu: false,
  open: async (model, { dataset }, { computeThreads: threads, device }) => {
    textsOf(dataset);
    const inference = await OnnxTextInference.open(model, { threads, device });
    return RawTeacher.open({ format: 'onnx-text', model }, dataset, ofTexts(inference));
  },
};

function ofTexts(inference: OnnxTextInference): RawInference {
  return {
    classCount: inference.classCount,
    run: (dataset, samples, maxRows) => {
      const texts = textsOf(dataset);
      return inference.run(
        Array.from(samples, (sample) => sampleText(texts, sample)),
        maxRows,
      );
    },
    close: () => inference.close(),
  };
}

/** @throws {LyceumError} INVALID_ARGUMENT if the set was not made of texts. */
function textsOf({ texts }: Dataset): SampleTexts {
  if (texts !== undefined) return texts;
  throw new LyceumError('INVALID_ARGUMENT', 'the model reads texts, and this data set has none');
}
