/** What Keras computes, and TensorFlow.js 4.22 would compute otherwise without a word. Pure. */
import { bareName, isObject } from '../../files/index.js';

type Config = Readonly<Record<string, unknown>>;

const LEFT_OUT = 'which TensorFlow.js leaves out';
const REMEDY = 'export the model as a SavedModel or as ONNX';

/** By the layer's class: with what it is another one in TensorFlow.js; undefined: it is the same. */
const OTHERWISE: ReadonlyMap<string, (config: Config) => string | undefined> = new Map([
  ['ReLU', slope],
  ['DepthwiseConv2D', dilation],
  ['Conv2DTranspose', dilation],
  ['UpSampling2D', interpolation],
]);

/** @returns what is wrong with a topology that Keras wrote; undefined: nothing, or TensorFlow.js wrote it. */
export function kerasProblem(modelTopology: unknown): string | undefined {
  const version = isObject(modelTopology) ? String(modelTopology['keras_version']) : '';
  if (!/^[23]\./.test(version)) return undefined;
  if (version.startsWith('3.') && hasHardSigmoid(modelTopology)) {
    return `has the activation hard_sigmoid, which Keras 3 computes as relu6(x + 3) / 6 and TensorFlow.js as 0.2 x + 0.5; ${REMEDY}`;
  }
  const layer = otherLayer(modelTopology);
  return layer && `has ${layer}; ${REMEDY}`;
}

/** The first one. */
function otherLayer(value: unknown): string | undefined {
  if (isObject(value) && isObject(value['config'])) {
    const { class_name: className, config } = value;
    const what = OTHERWISE.get(String(className))?.(config as Config);
    const { name } = config as Config;
    if (what !== undefined)
      return `the layer ${bareName(String(name))} (${className}) with ${what}`;
  }
  const inner = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  for (const one of inner) {
    const found = otherLayer(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

function slope({ negative_slope: negative, threshold }: Config): string | undefined {
  const isPlain = [negative, threshold].every((value) => Number(value ?? 0) === 0);
  return isPlain ? undefined : `a slope or a threshold, ${LEFT_OUT}`;
}

function dilation({ dilation_rate: rate }: Config): string | undefined {
  const isPlain = [rate].flat().every((one) => Number(one ?? 1) === 1);
  return isPlain ? undefined : `a dilation, ${LEFT_OUT}`;
}

/** Keras looks at the middles of pixels, TensorFlow.js at their corners. Nearest neighbours are the same. */
function interpolation({ interpolation: kind = 'nearest' }: Config): string | undefined {
  return kind === 'nearest' ? undefined : 'an interpolation that TensorFlow.js shifts';
}

function hasHardSigmoid(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasHardSigmoid);
  if (!isObject(value)) return false;
  const { activation, recurrent_activation: recurrent } = value;
  if (activation === 'hard_sigmoid' || recurrent === 'hard_sigmoid') return true;
  return Object.values(value).some(hasHardSigmoid);
}
