/**
 * A model repository that Triton and other servers of the Open Inference Protocol load: `config.pbtxt`, labels, and
 * the ONNX file as version 1.
 *
 * @see https://github.com/triton-inference-server/server/blob/v2.51.0/docs/user_guide/model_configuration.md
 */
import type { OnnxOptions } from './onnx/index.js';

/** Greatest batch: the server gathers samples that arrive together. */
const MAX_BATCH_SIZE = 256;

/** The repository's files, by path below its folder. */
export function tritonRepository(
  name: string,
  onnx: Uint8Array,
  options: OnnxOptions,
  output: 'logits' | 'probabilities',
): ReadonlyMap<string, Uint8Array> {
  const { sampleShape, classNames, preprocessing, softmax, labels } = options;
  const type = preprocessing?.stored === 'uint8' ? 'TYPE_UINT8' : 'TYPE_FP32';
  const perClass = softmax && output === 'logits' ? [output, 'probabilities'] : [output];
  const outputs = perClass.map(
    (output) =>
      `  { name: "${output}" data_type: TYPE_FP32 dims: [ ${classNames.length} ] label_filename: "labels.txt" }`,
  );
  // One text a sample. The file has a dimension of 1 for it, which the server removes.
  if (labels) {
    outputs.push('  { name: "label" data_type: TYPE_STRING dims: [ 1 ] reshape: { shape: [ ] } }');
  }
  const config = [
    `name: "${name}"`,
    'backend: "onnxruntime"',
    `max_batch_size: ${MAX_BATCH_SIZE}`,
    `input [ { name: "input" data_type: ${type} dims: [ ${sampleShape.join(', ')} ] } ]`,
    'output [',
    outputs.join(',\n'),
    ']',
    'dynamic_batching { }',
    '',
  ].join('\n');
  return new Map<string, Uint8Array>([
    [`${name}/config.pbtxt`, Buffer.from(config)],
    [`${name}/labels.txt`, Buffer.from(`${classNames.join('\n')}\n`)],
    [`${name}/1/model.onnx`, onnx],
  ]);
}
