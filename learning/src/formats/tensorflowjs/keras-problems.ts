/** What Keras computes, and TensorFlow.js 4.22 would compute otherwise without a word. Pure. */
import { bareName, isObject } from '../../files/index.js';
import { modelTopology } from '../../models/layers/index.js';
import { beginsMask, maskedLayers } from './masked-layers.js';

interface Layer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

type Masked = ReturnType<typeof maskedLayers>;

/** @returns with what a layer is another one in TensorFlow.js; undefined: it is the same. */
type Otherwise = (layer: Layer, masked: Masked) => string | undefined;

const LEFT_OUT = 'which TensorFlow.js leaves out';
const WRONG_SIZE = 'a size that TensorFlow.js takes for that of all samples';
const REMEDY = 'export the model as a SavedModel or as ONNX';

/** By the layer's class. */
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
  ['GlobalAveragePooling1D', (layer, masked) => channelsFirst(layer) ?? mask(layer, masked)],
]);

/** @returns what is wrong with a topology that Keras wrote; undefined: nothing, or TensorFlow.js wrote it. */
export function kerasProblem(topology: unknown): string | undefined {
  const version = isObject(topology) ? String(topology['keras_version']) : '';
  if (!/^[23]\./.test(version)) return undefined;
  const layers = layersIn(topology);
  if (version.startsWith('3.') && layers.some(hasHardSigmoid)) {
    return `has the activation hard_sigmoid, which Keras 3 computes as relu6(x + 3) / 6 and TensorFlow.js as 0.2 x + 0.5; ${REMEDY}`;
  }
  const isMasked = layers.some(({ className, config }) => beginsMask(className, config));
  const model = isMasked ? modelTopology({ modelTopology: topology })?.config : undefined;
  const masked = maskedLayers(model);
  for (const layer of layers) {
    const { className, config } = layer;
    const what = OTHERWISE.get(className)?.(layer, masked);
    if (what === undefined) continue;
    return `has the layer ${bareName(String(config['name']))} (${className}) with ${what}; ${REMEDY}`;
  }
  return undefined;
}

/** Layers within layers, and of models within the model, too. */
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

/** Keras looks at the middles of pixels, TensorFlow.js at their corners. Nearest neighbours are the same. */
function interpolation({ config }: Layer): string | undefined {
  const isPlain = (config['interpolation'] ?? 'nearest') === 'nearest';
  return isPlain ? undefined : 'an interpolation that TensorFlow.js shifts';
}

function channelsFirst({ config: { data_format: format } }: Layer): string | undefined {
  return format === 'channels_first' ? `a data_format, ${LEFT_OUT}` : undefined;
}

/** Keras takes the mean of what is not masked. */
function mask({ config }: Layer, masked: Masked): string | undefined {
  return masked.has(config) ? `a mask before it, ${LEFT_OUT}` : undefined;
}

function hasHardSigmoid({ config }: Layer): boolean {
  return ['activation', 'recurrent_activation'].some((key) => config[key] === 'hard_sigmoid');
}
