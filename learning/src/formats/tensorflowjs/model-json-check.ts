/**
 * All parts of a `model.json` that keep it from being run here, found without building the model. Pure.
 *
 * The document is not trusted: it is walked without recursion, and to a stated depth.
 */
import type { Problem } from '@lyceum/proto';
import { bareName, isObject } from '../../files/index.js';
import { modelTopology } from '../../models/layers/index.js';
import { ALLOWED_OPERATIONS } from '../graphs/index.js';
import { openCall } from './open-call.js';

/** The layers of TensorFlow.js 4.22. They compute from tensors alone; a Lambda would be code, and is not among them. */
const LAYERS: ReadonlySet<string> = new Set(
  `InputLayer Model Functional Sequential
  ReLU LeakyReLU PReLU ELU ThresholdedReLU Softmax Activation
  Conv1D Conv2D Conv3D Conv2DTranspose Conv3DTranspose SeparableConv2D DepthwiseConv2D Cropping2D UpSampling2D
  RNN SimpleRNNCell SimpleRNN GRUCell GRU LSTMCell LSTM StackedRNNCells ConvLSTM2DCell ConvLSTM2D
  TimeDistributed Bidirectional
  Dropout SpatialDropout1D GaussianNoise GaussianDropout AlphaDropout
  Dense Flatten RepeatVector Reshape Permute Masking Embedding
  Add Multiply Average Maximum Minimum Concatenate Dot
  BatchNormalization LayerNormalization ZeroPadding2D
  MaxPooling1D AveragePooling1D MaxPooling2D AveragePooling2D MaxPooling3D AveragePooling3D
  GlobalAveragePooling1D GlobalMaxPooling1D GlobalAveragePooling2D GlobalMaxPooling2D
  Rescaling CenterCrop CategoryEncoding Resizing RandomWidth`.split(/\s+/),
);

/** Fields of a layer that hold other layers. */
const INNER_LAYERS = ['layer', 'cell', 'forward_layer', 'backward_layer'];

/** The most objects in objects. Models within models within models have some thirty. */
const MAX_DEPTH = 200;

/** The most problems that are told; the others are likely alike. */
const MAX_TOLD = 8;

/** @returns whether its objects and lists lie deeper than those of any real model. */
export function isTooDeep(document: unknown): boolean {
  let level: unknown[] = [document];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  }
  return false;
}

/** Problems of a graph: operations that are not allowed, those of its functions included. */
export function graphModelProblems(modelJson: unknown): Problem[] {
  const topology = isObject(modelJson) ? modelJson['modelTopology'] : undefined;
  if (!isObject(topology)) return [];
  const { library, node } = topology;
  const functions = isObject(library) ? listOf(library['function']) : [];
  const bodies = [node, ...functions.map((one) => (isObject(one) ? one['nodeDef'] : undefined))];
  const operations = bodies.flatMap(listOf).map((one) => (isObject(one) ? String(one['op']) : ''));
  const refused = [...new Set(operations)].filter((name) => !ALLOWED_OPERATIONS.has(name)).sort();
  if (refused.length === 0) return [];
  const message = `has operations that are not run here: ${told(refused)}; only those run that compute from tensors in memory, as docs/models.md lists them; export the model without the others`;
  return [{ path: 'modelTopology.node', message }];
}

/**
 * Problems of layers: those that TensorFlow.js does not have, and calls of layers that it would wait for without an
 * end.
 */
export function layersModelProblems(modelJson: unknown): Problem[] {
  const refused = new Set<string>();
  const layers = modelTopology(modelJson)?.layers ?? [];
  const waits = [openCall(layers)];
  const open: unknown[] = [...layers];
  for (let layer = open.pop(); layer !== undefined; layer = open.pop()) {
    if (!isObject(layer)) continue;
    const { class_name: className, config } = layer;
    if (typeof className === 'string' && !LAYERS.has(className)) refused.add(className);
    if (!isObject(config)) continue;
    waits.push(openCall(listOf(config['layers'])));
    for (const list of ['layers', 'cells'])
      for (const inner of listOf(config[list])) open.push(inner);
    for (const inner of INNER_LAYERS) open.push(config[inner] ?? null);
  }
  const problems = waits
    .filter((wait) => wait !== undefined)
    .map(
      (wait) =>
        `has a layer whose input is never there: ${wait}; want each to read layers of its model, and none itself`,
    );
  if (refused.size > 0) {
    problems.push(
      `has layers that TensorFlow.js does not have: ${told([...refused].sort())}; export the model as a SavedModel or as ONNX, where they are operations`,
    );
  }
  return problems.slice(0, MAX_TOLD).map((message) => ({ path: 'modelTopology', message }));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function told(names: readonly string[]): string {
  const shown = names.slice(0, MAX_TOLD).map(bareName).join(', ');
  return names.length > MAX_TOLD ? `${shown} and ${names.length - MAX_TOLD} more` : shown;
}
