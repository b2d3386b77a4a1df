/**
 * A classifier as an ONNX file: one input, [N, ...sample], and the outputs that were asked for.
 *
 *   logits or probabilities   float32 [N, C]  what the model gives
 *   probabilities             float32 [N, C]  softmax of the logits; on request
 *   label                     string [N]      name of the likeliest class, of equal ones the first; on request
 */
import { LyceumError } from '@lyceum/proto';
import {
  type ModelPackage,
  packageWeightSpecs,
  weightBytes,
} from '../../formats/tensorflowjs/index.js';
import { int8Weights } from './int8-weights.js';
import { layerGraph } from './layer-graph.js';
import { OnnxGraph } from './onnx-graph.js';
import { emitLayer, type LayerValue, type LayerWeight } from './onnx-layers.js';
import { type OnnxValue, onnxFile } from './onnx-messages.js';

export interface OnnxOptions {
  /** Shape of the input, without the batch. */
  readonly sampleShape: readonly number[];
  readonly classNames: readonly string[];
  /**
   * Samples are given as they are stored (bytes for images), and the graph scales them. Absent: samples are float32,
   * real values times the settings' scale, which the model itself wants.
   */
  readonly preprocessing?: { readonly stored: 'uint8' | 'float32'; readonly inputScale: number };
  readonly softmax: boolean;
  readonly labels: boolean;
  /** Kernels become 8-bit numbers; biases and normalisations stay float32. */
  readonly int8: boolean;
}

/** @throws {LyceumError} INVALID_ARGUMENT naming a layer that has no counterpart in ONNX. */
export function exportOnnx(model: ModelPackage, options: OnnxOptions): Uint8Array {
  const { sampleShape, classNames, preprocessing } = options;
  const graph = new OnnxGraph();
  const input: OnnxValue = {
    name: 'input',
    type: preprocessing?.stored ?? 'float32',
    sampleShape,
  };
  const seen = { name: preprocessed(graph, model, options), rank: sampleShape.length + 1 };
  const output = emitModel(model, graph, seen, options.int8);
  const outputs = classifierOutputs(graph, output, model, options);
  return onnxFile({
    name: 'classifier',
    nodes: graph.nodes,
    constants: graph.constants,
    inputs: [input],
    outputs,
    metadata: { classNames: JSON.stringify(classNames) },
  });
}

/** @returns the name of the value that the model's first layer reads. */
function preprocessed(
  graph: OnnxGraph,
  { settings }: ModelPackage,
  { preprocessing }: OnnxOptions,
): string {
  if (preprocessing === undefined) return 'input';
  const { stored, inputScale } = preprocessing;
  const real = stored === 'uint8' ? graph.node('Cast', ['input'], { to: 1 }) : 'input';
  // In the same order as in the programs: to real values first, then to the model's scale.
  const scales = [inputScale, settings.scale ?? 1].filter((scale) => scale !== 1);
  return scales.reduce(
    (x, scale) => graph.node('Mul', [x, graph.float32('scale', [], Float32Array.of(scale))]),
    real,
  );
}

function emitModel(
  model: ModelPackage,
  graph: OnnxGraph,
  input: LayerValue,
  int8: boolean,
): string {
  const weights = weightsByName(model);
  const values = new Map<string, LayerValue>();
  let last = input;
  for (const layer of layerGraph(model.modelJson)) {
    if (layer.className === 'InputLayer') {
      values.set(layer.name, input);
      continue;
    }
    const inputs = layer.inputs.map((name) => {
      const value = values.get(name);
      if (value !== undefined) return value;
      const message = `the model cannot be exported: layer ${layer.name} is listed before ${name}, which it reads`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    });
    graph.layer = layer.name;
    last = emitLayer(layer, {
      graph,
      inputs: inputs.map(({ name }) => name),
      ranks: inputs.map(({ rank }) => rank),
      weight: (name) => {
        const found = weights.get(`${layer.name}/${name}`);
        if (found !== undefined) return found;
        const message = `the model has no weight ${layer.name}/${name}`;
        throw new LyceumError('INVALID_ARGUMENT', message);
      },
      kernel: (name, weight, axis) =>
        int8
          ? quantizedKernel(graph, name, weight, axis)
          : graph.float32(name, weight.shape, weight.values),
    });
    values.set(layer.name, last);
  }
  graph.layer = '';
  return last.name;
}

/** Stored as 8 bits in the file; float32 again when the file is loaded. */
function quantizedKernel(
  graph: OnnxGraph,
  name: string,
  { shape, values }: LayerWeight,
  axis: number,
): string {
  const quantized = int8Weights(values, shape, axis);
  const bytes = new Uint8Array(quantized.values.buffer);
  const kernel = graph.constant(name, 'int8', shape, bytes);
  const scales = graph.float32(`${name}_scales`, [quantized.scales.length], quantized.scales);
  return graph.node('DequantizeLinear', [kernel, scales], { axis });
}

function classifierOutputs(
  graph: OnnxGraph,
  output: string,
  { settings }: ModelPackage,
  { classNames, softmax, labels }: OnnxOptions,
): OnnxValue[] {
  const perClass = (name: string): OnnxValue => ({
    name,
    type: 'float32',
    sampleShape: [classNames.length],
  });
  graph.node('Identity', [output], {}, settings.output);
  const outputs = [perClass(settings.output)];
  if (softmax && settings.output === 'logits') {
    graph.node('Softmax', [output], { axis: -1 }, 'probabilities');
    outputs.push(perClass('probabilities'));
  }
  if (labels) {
    const best = graph.node('ArgMax', [output], { axis: 1, keepdims: 0 });
    const names = graph.constant('class_names', 'string', [classNames.length], classNames);
    graph.node('Gather', [names, best], { axis: 0 }, 'label');
    outputs.push({ name: 'label', type: 'string', sampleShape: [] });
  }
  return outputs;
}

function weightsByName(model: ModelPackage): Map<string, LayerWeight> {
  const weights = new Map<string, LayerWeight>();
  let offset = 0;
  for (const spec of packageWeightSpecs(model)) {
    const stored = model.weights.subarray(offset, offset + weightBytes(spec));
    offset += stored.length;
    if (spec.dtype !== 'float32') continue;
    // Copied, since a Float32Array needs an aligned offset. A Buffer's own `slice` would not copy.
    const bytes = Uint8Array.from(stored);
    weights.set(spec.name, { shape: spec.shape, values: new Float32Array(bytes.buffer) });
  }
  return weights;
}
