/** `checkOnnx` refuses an export whose outputs are not the student's. */
import { parseDataset } from '@lyceum/learning/datasets';
import { exportOnnx, type OnnxOptions } from '@lyceum/learning/export';
import { parseModelPackage } from '@lyceum/learning/formats';
import { expect, test } from 'vitest';
import { tinyDatasetBytes, tinyModelBytes } from '../../../coordinator/test/support.js';
import { checkOnnx, type TestOutputs } from '../../src/export/check-onnx.js';
import { onnxFile } from '../../src/export/onnx-file.js';

const dataset = parseDataset(tinyDatasetBytes(0));
const model = parseModelPackage(tinyModelBytes(0.5));
const options: OnnxOptions = {
  sampleShape: [2],
  classNames: dataset.classNames,
  softmax: false,
  labels: false,
  int8: false,
};

/** What the model gives: each logit is half the sum of the inputs. */
function outputs(): TestOutputs {
  const sampleIds = Int32Array.from({ length: 300 }, (_, i) => 3_100 + i);
  const sums = [...sampleIds].map(
    (id) => ((dataset.inputs[2 * id] ?? 0) + (dataset.inputs[2 * id + 1] ?? 0)) / 2,
  );
  return {
    sampleIds,
    labels: sampleIds.map((id) => dataset.labels[id] ?? -1),
    logits: Float32Array.from(sums.flatMap((sum) => [sum, sum, sum])),
  };
}

const check = (outputs: TestOutputs, asked = options) =>
  checkOnnx(exportOnnx(model, asked), model, asked, { dataset, outputs });

test('checkOnnx passes equal outputs, and gives both accuracies', async () => {
  expect(await check(outputs())).toEqual({
    sampleCount: 300,
    largestDifference: 0,
    accuracy: { exported: expect.closeTo(1 / 3), student: expect.closeTo(1 / 3) },
  });
});

test('checkOnnx refuses a single different logit, also if it is NaN or infinite', async () => {
  for (const wrong of [1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    const expected = outputs();
    expected.logits[2 * 257] = wrong;
    await expect(check(expected)).rejects.toThrow(
      /^the ONNX file does not give the model's logits: they differ by up to .*; nothing was written; --format tfjs and safetensors give/,
    );
    // The difference is not one that 8 bits make.
    await expect(check(expected, { ...options, int8: true })).rejects.toThrow('differ by up to');
  }
});

test('checkOnnx passes infinite outputs if both are infinite', async () => {
  const steep = parseModelPackage(tinyModelBytes(2e38));
  const { logits, ...rest } = outputs();
  const compared = { dataset, outputs: { ...rest, logits: logits.map((half) => half * 4e38) } };
  expect(compared.outputs.logits).toContain(Number.POSITIVE_INFINITY);
  const check = await checkOnnx(exportOnnx(steep, options), steep, options, compared);
  expect(check.sampleCount).toBe(300);
});

test('checkOnnx refuses a file that does not run, with the wrong shape or the layer at which it stops', async () => {
  const classNames = ['a', 'b'];
  await expect(check(outputs(), { ...options, classNames })).rejects.toThrow(
    'the ONNX file does not run: it gives logits of shape [256,3] and not [256,2]; nothing was',
  );
  const wide = { ...options, sampleShape: [3] };
  await expect(check(outputs(), wide)).rejects.toThrow(/the ONNX file does not run: .*MatMul.*/s);
});

test('onnxFile names a layer that ONNX does not have, and the formats that are left', () => {
  const modelJson = structuredClone(model.modelJson) as {
    modelTopology: { config: { layers: { class_name: string }[] } };
  };
  for (const layer of modelJson.modelTopology.config.layers) layer.class_name = 'LSTM';
  expect(() => onnxFile({ ...model, modelJson }, options)).toThrow(
    /^layer \w+ \(LSTM\) cannot be exported to ONNX: .*; --format tfjs and safetensors give the model as it is$/,
  );
});
