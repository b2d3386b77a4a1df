/**
 * Reads how a model wants its pictures, from `preprocessor_config.json` beside the model, as Hugging Face's programs
 * write it.
 *
 * @see https://huggingface.co/docs/transformers/main_classes/image_processor
 */
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isObject, readTextFile } from '@lyceum/learning/files';
import { type ModelSettings, NUMBER_SETTINGS } from '@lyceum/learning/models';
import { LyceumError } from '@lyceum/proto';

export const PREPROCESSOR_FILE = 'preprocessor_config.json';

const MAX_BYTES = 2 ** 20;

/** By Pillow's numbers. Pillow has more interpolations, for which there is no setting. */
const INTERPOLATIONS: Readonly<Record<number, ModelSettings['interpolation']>> = {
  0: 'nearest',
  2: 'bilinear',
  3: 'bicubic',
};

type Json = Readonly<Record<string, unknown>>;

/**
 * @param path - of a model's file.
 * @param given - by the user.
 * @returns undefined: there is no such file, it is not about pictures, or the user gave some of these settings.
 * @throws {LyceumError} INVALID_ARGUMENT if the file is no JSON object.
 */
export function picturesBeside(
  path: string,
  given: Partial<ModelSettings>,
): Partial<ModelSettings> | undefined {
  if (!path.endsWith('.onnx') || NUMBER_SETTINGS.some((name) => given[name] !== undefined)) {
    return undefined;
  }
  const file = join(dirname(path), PREPROCESSOR_FILE);
  // Links are followed, because Hugging Face's cache has them. That is safe: only numbers are taken from the file.
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size > MAX_BYTES) return undefined;
  return pictureSettings(parsed(readTextFile(file, 'INVALID_ARGUMENT'), file));
}

/** Pure. @returns undefined if the file is not about pictures, or wants something for which there is no setting. */
export function pictureSettings(config: Json): Partial<ModelSettings> | undefined {
  const isOfPictures = 'image_processor_type' in config || Array.isArray(config['image_mean']);
  // With `rescale_offset` values are between -1 and 1, for which there is no setting.
  if (!isOfPictures || config['rescale_offset'] === true) return undefined;
  const { do_rescale: rescales = true, rescale_factor: factor = 1 / 255 } = config;
  const scale = rescales === true ? Number((255 * Number(factor)).toPrecision(6)) : 255;
  return {
    ...(scale !== 1 && { scale }),
    ...normalization(config),
    // PyTorch's layout: the models were exported from PyTorch.
    layout: 'NCHW',
    ...(config['do_flip_channel_order'] === true && { colours: 'BGR' }),
    ...size(config),
  };
}

function normalization(config: Json): Partial<ModelSettings> {
  // MobileViT's processor does not normalise by itself; Transformers 5 writes its mean and deviation all the same.
  const { do_normalize: normalizes = !isProcessor('MobileViT', config) } = config;
  const [mean, deviation] = [numbersIn(config['image_mean']), numbersIn(config['image_std'])];
  // EfficientNet's processor divides by the deviation once more, normalised or not.
  const dividesAgain = config['include_top'] === true;
  if (normalizes !== true || mean === undefined || deviation === undefined) {
    return dividesAgain && deviation !== undefined ? { standardDeviation: deviation } : {};
  }
  return { mean, standardDeviation: dividesAgain ? deviation.map((one) => one ** 2) : deviation };
}

function size({ do_resize: resizes = true, ...config }: Json): Partial<ModelSettings> {
  const crops = config['do_center_crop'] === true;
  const crop = crops ? bothSides(config['crop_size']) : undefined;
  const side = resizes === true ? enlargedSide(sideOf(config['size'], crops), config) : undefined;
  if (side === undefined) return crop === undefined ? {} : { centreCrop: crop };
  const interpolation = INTERPOLATIONS[Number(config['resample'] ?? 2)];
  const share = Number(config['crop_pct']);
  // Older files have one number; beside a share to crop it is the shorter side.
  const edge = typeof config['size'] === 'number' ? config['size'] : shortestEdge(config['size']);
  // As ConvNeXt does: below 384 pixels the picture is resized larger and cropped, else it is distorted to a square.
  const isShare = edge !== undefined && share > 0 && share <= 1;
  const own = isShare
    ? edge < 384
      ? { resize: Math.floor(edge / share), centreCrop: [edge, edge] as const }
      : { resize: [edge, edge] as const }
    : { resize: side, ...(crop !== undefined && { centreCrop: crop }) };
  return {
    ...own,
    ...(interpolation !== undefined && interpolation !== 'bilinear' && { interpolation }),
    antialias: true,
  };
}

/** LeViT's processor makes the shorter side longer than its file says, by this. */
const LEVIT_SHARE = 256 / 224;

function enlargedSide(side: ModelSettings['resize'], config: Json): ModelSettings['resize'] {
  const isEnlarged = typeof side === 'number' && isProcessor('Levit', config);
  return isEnlarged ? Math.floor(side * LEVIT_SHARE) : side;
}

/** Whether the file is of a family's processor: `LevitImageProcessor`, `LevitFeatureExtractor` of older files. */
function isProcessor(family: string, config: Json): boolean {
  const name = String(config['image_processor_type'] ?? config['feature_extractor_type']);
  return name.startsWith(family);
}

/** @param crops - whether a crop follows: then one number is the shorter side, else both. */
function sideOf(size: unknown, crops: boolean): ModelSettings['resize'] {
  const edge = shortestEdge(size);
  if (edge !== undefined) return edge;
  return typeof size === 'number' && crops ? size : bothSides(size);
}

function shortestEdge(size: unknown): number | undefined {
  return isObject(size) && typeof size['shortest_edge'] === 'number'
    ? size['shortest_edge']
    : undefined;
}

function bothSides(size: unknown): readonly [number, number] | undefined {
  const { height, width } = isObject(size) ? size : { height: size, width: size };
  return typeof height === 'number' && typeof width === 'number' ? [height, width] : undefined;
}

function numbersIn(value: unknown): readonly number[] | undefined {
  const isNumbers = Array.isArray(value) && value.every((one) => typeof one === 'number');
  return isNumbers ? value : undefined;
}

function parsed(json: string, file: string): Json {
  try {
    const document: unknown = JSON.parse(json);
    if (isObject(document)) return document;
  } catch {
    // The error is thrown below.
  }
  throw new LyceumError('INVALID_ARGUMENT', `${file}: want a JSON object`);
}
