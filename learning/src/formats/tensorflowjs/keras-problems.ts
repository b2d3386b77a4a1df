/** What Keras computes, and TensorFlow.js 4.22 would compute otherwise without a word. Pure. */
import { bareName, isObject } from '../../files/index.js';

interface Layer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

const LEFT_OUT = 'which TensorFlow.js leaves out';
const WRONG_SIZE = 'a size that TensorFlow.js takes for that of all samples';
const REMEDY = 'export the model as a SavedModel or as ONNX';

/** By the layer's class: with what it is another one in TensorFlow.js; undefined: it is the same. */
const OTHERWISE: ReadonlyMap<string, (layer: Layer, all: readonly Layer[]) => string | undefined> =
  new Map([
    ['ReLU', slope],
    ['DepthwiseConv2D', dilation],
    ['Conv2DTranspose', (layer) => dilation(layer) ?? outputPadding(layer)],
    ['Conv3DTranspose', (layer) => dilation(layer) ?? outputPadding(layer)],
    ['UpSampling2D', interpolation],
    ['CenterCrop', () => WRONG_SIZE],
    ['Resizing', () => WRONG_SIZE],
    ['GlobalAveragePooling1D', mask],
  ]);

/** @returns what is wrong with a topology that Keras wrote; undefined: nothing, or TensorFlow.js wrote it. */
export function kerasProblem(modelTopology: unknown): string | undefined {
  const version = isObject(modelTopology) ? String(modelTopology['keras_version']) : '';
  if (!/^[23]\./.test(version)) return undefined;
  const layers = layersIn(modelTopology);
  if (version.startsWith('3.') && layers.some(hasHardSigmoid)) {
    return `has the activation hard_sigmoid, which Keras 3 computes as relu6(x + 3) / 6 and TensorFlow.js as 0.2 x + 0.5; ${REMEDY}`;
  }
  for (const layer of layers) {
    const { className, config } = layer;
    const what = OTHERWISE.get(className)?.(layer, layers);
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

/** Keras takes the mean of what is not masked. Behind a convolution there is no mask any more. */
function mask(_: Layer, all: readonly Layer[]): string | undefined {
  const isMasked = all.some(
    ({ className, config }) =>
      className === 'Masking' || (className === 'Embedding' && config['mask_zero'] === true),
  );
  const isEnded = all.some(({ className }) => className === 'Conv1D');
  return isMasked && !isEnded ? `a mask before it, ${LEFT_OUT}` : undefined;
}

function hasHardSigmoid({ config }: Layer): boolean {
  return ['activation', 'recurrent_activation'].some((key) => config[key] === 'hard_sigmoid');
}
