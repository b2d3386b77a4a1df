/** Layers that TensorFlow.js 4.22 would compute otherwise than Keras, without a warning. Pure. */
import { bareName, isObject } from '../../../files/index.js';
import { maskProblem } from './masks.js';

interface Layer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** The program that wrote the model. */
interface Writer {
  readonly version: string;
  readonly backend: unknown;
}

/** @returns why a layer is another one in TensorFlow.js, in words that follow "with"; undefined: it is the same. */
type Otherwise = (layer: Layer, writer: Writer) => string | undefined;

const LEFT_OUT = 'which TensorFlow.js leaves out';
const WRONG_SIZE = 'a size that TensorFlow.js takes for that of all samples';
const REMEDY = 'export the model as a SavedModel or as ONNX';

/** Checks by the layer's class. */
const OTHERWISE: ReadonlyMap<string, Otherwise> = new Map<string, Otherwise>([
  ['ReLU', slope],
  ['DepthwiseConv2D', dilation],
  ['Conv2DTranspose', (layer) => dilation(layer) ?? outputPadding(layer)],
  ['Conv3DTranspose', (layer) => dilation(layer) ?? outputPadding(layer)],
  ['UpSampling2D', interpolation],
  ['CenterCrop', () => WRONG_SIZE],
  ['Resizing', () => WRONG_SIZE],
  ['AveragePooling1D', channelsFirst],
  ['MaxPooling1D', channelsFirst],
  ['GlobalMaxPooling1D', channelsFirst],
  ['GlobalAveragePooling1D', channelsFirst],
  ['Conv1D', (layer) => groups(layer) ?? channelsFirst(layer)],
  ['Conv2D', groups],
  ['Conv3D', groups],
  ['Concatenate', axisFromEnd],
  ['Bidirectional', ownBackwardLayer],
]);

/** @returns what is wrong with a topology that Keras wrote; undefined: nothing, or TensorFlow.js wrote it. */
export function kerasProblem(topology: unknown): string | undefined {
  const { keras_version: keras, backend } = isObject(topology) ? topology : {};
  const version = String(keras);
  if (!/^[23]\./.test(version)) return undefined;
  const layers = layersIn(topology);
  if (version.startsWith('3.') && layers.some(hasHardSigmoid)) {
    return `has the activation hard_sigmoid, which Keras 3 computes as relu6(x + 3) / 6 and TensorFlow.js as 0.2 x + 0.5; ${REMEDY}`;
  }
  for (const layer of layers) {
    const what = OTHERWISE.get(layer.className)?.(layer, { version, backend });
    if (what !== undefined) return told(layer, what);
  }
  const masked = maskProblem(topology, version);
  return masked && told(masked, masked.what);
}

function told({ className, config }: Layer, what: string): string {
  return `has the layer ${bareName(String(config['name']))} (${className}) with ${what}; ${REMEDY}`;
}

/** All layers, also those within layers and within models in the model. */
function layersIn(value: unknown): Layer[] {
  if (Array.isArray(value)) return value.flatMap(layersIn);
  if (!isObject(value)) return [];
  const { class_name: className, config } = value;
  const own = isObject(config) ? [{ className: String(className), config }] : [];
  return [...own, ...Object.values(value).flatMap(layersIn)];
}

function slope({ config: { negative_slope: negative, threshold } }: Layer): string | undefined {
  const isPlain = [negative, threshold].every((value) => Number(value ?? 0) === 0);
  return isPlain ? undefined : `a slope or a threshold, ${LEFT_OUT}`;
}

function dilation({ config: { dilation_rate: rate } }: Layer): string | undefined {
  const isPlain = [rate].flat().every((one) => Number(one ?? 1) === 1);
  return isPlain ? undefined : `a dilation, ${LEFT_OUT}`;
}

function outputPadding({ config: { output_padding: padding } }: Layer): string | undefined {
  return (padding ?? null) === null ? undefined : `an output_padding, ${LEFT_OUT}`;
}

/**
 * Keras interpolates between the middles of pixels, TensorFlow.js between their corners. Nearest neighbours are the
 * same.
 */
function interpolation({ config }: Layer, { version, backend }: Writer): string | undefined {
  const isPlain = (config['interpolation'] ?? 'nearest') === 'nearest';
  // Before TensorFlow 2, Keras used corners too. A version that ends in -tf may use either.
  const isOlder = /^2\.2\.\d+$/.test(version) && backend === 'tensorflow';
  return isPlain || isOlder ? undefined : 'an interpolation that TensorFlow.js shifts';
}

function channelsFirst({ config: { data_format: format } }: Layer): string | undefined {
  return format === 'channels_first' ? `a data_format, ${LEFT_OUT}` : undefined;
}

function groups({ config: { groups: count } }: Layer): string | undefined {
  return Number(count ?? 1) === 1 ? undefined : `groups, ${LEFT_OUT}`;
}

function axisFromEnd({ config: { axis } }: Layer): string | undefined {
  const isLast = !(Number(axis ?? -1) < -1);
  return isLast ? undefined : `axis ${axis}, which TensorFlow.js takes for the last`;
}

/**
 * Refuses a backward layer that differs from the forward one. Keras 3 always writes a backward layer; Keras 2, only one
 * of the user's own.
 */
function ownBackwardLayer({ config }: Layer): string | undefined {
  const { layer, backward_layer: backward } = config;
  const settings = (one: unknown) => {
    const { name: _, go_backwards: __, ...others } = isObject(one) ? one : {};
    return JSON.stringify(others);
  };
  const isSame =
    !isObject(backward) ||
    (isObject(layer) &&
      layer['class_name'] === backward['class_name'] &&
      settings(layer['config']) === settings(backward['config']));
  return isSame ? undefined : `a backward layer of its own, ${LEFT_OUT}`;
}

function hasHardSigmoid({ config }: Layer): boolean {
  return ['activation', 'recurrent_activation'].some((key) => config[key] === 'hard_sigmoid');
}
