/**
 * The values that a model sees of samples, in this order: the view, at the model's own size, in the model's colours,
 * each value scaled, less the mean, divided by the standard deviation, and then in the model's layout.
 *
 * Where settings say how pictures get their size, the view is of the set's own size and picture-size.ts does the rest;
 * else the view is sampled at the model's size at once.
 */
import { elementCount, LyceumError } from '@lyceum/proto';
import type { Dataset } from '../datasets/index.js';
import { readInputs, readsBytes, seenShape, type ViewAt } from '../views/index.js';
import type { ModelSettings } from './model-settings.js';
import { PictureSize, saysPictureSize } from './picture-size.js';
import { refuseRawSettings } from './raw-settings.js';

/** Weights of red, green and blue in gray. */
const GRAY = [0.299, 0.587, 0.114] as const;

/** Samples whose views are made at the set's size at a time, before they get the model's. */
const CHUNK = 16;

/** Reads samples of one set for one model. */
export class ModelInputs {
  /** Values of one sample. */
  readonly size: number;
  /** Shape of one sample, channels last. */
  readonly shape: readonly number[];
  /** Shape of one sample as it is written, in the model's layout. */
  readonly modelShape: readonly number[];
  readonly #dataset: Dataset;
  readonly #settings: ModelSettings;
  readonly #pictureSize: PictureSize | undefined;
  readonly #viewShape: readonly number[];
  /** Shape of one sample at the model's size, before colours. */
  readonly #sizedShape: readonly number[];
  #viewRoom = new Float32Array(0);
  #room = new Float32Array(0);
  #byteRoom = new Uint8Array(0);

  /** @throws {LyceumError} INVALID_ARGUMENT if settings do not fit the samples. */
  constructor(
    dataset: Dataset,
    settings: ModelSettings,
    inputShape: readonly number[] | undefined,
  ) {
    const { sampleShape } = dataset;
    refuseRawSettings(settings);
    this.#dataset = dataset;
    this.#settings = settings;
    this.#pictureSize = pictureSizeOf(settings, inputShape, sampleShape);
    this.shape = modelShapeOf(settings, inputShape, sampleShape, this.#pictureSize);
    this.size = elementCount(this.shape);
    this.modelShape = inLayout(this.shape, settings);
    this.#sizedShape = beforeColours(this.shape, settings, sampleShape);
    this.#viewShape =
      this.#pictureSize === undefined
        ? this.#sizedShape
        : [...sampleShape.slice(0, 2), this.#sizedShape[2] ?? 1];
    for (const name of ['mean', 'standardDeviation'] as const) {
      const count = settings[name]?.length ?? 1;
      const channels = this.shape.at(-1) ?? 1;
      if (count === 1 || count === channels) continue;
      const message = `${name} has ${count} values; want one, or one for each of ${channels} channels`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    if (settings.layout === 'NCHW' && this.shape.length !== 3) {
      const message = `layout NCHW is for pictures; the samples have shape [${this.shape}]`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
  }

  /** Whether {@link read} can write bytes too: if the model sees exactly the view, and that can be read as bytes. */
  readsBytes(view: ViewAt): boolean {
    const { scale = 1, layout, colours, mean, standardDeviation } = this.#settings;
    const isAsSeen =
      scale === 1 && layout !== 'NCHW' && [colours, mean, standardDeviation].every(isAbsent);
    return (
      isAsSeen &&
      this.#pictureSize === undefined &&
      readsBytes(this.#dataset, view, this.#viewShape)
    );
  }

  /**
   * Writes [n, ...one sample in the model's layout]; numbers beyond are left alone.
   *
   * @param out - for real values; or, where {@link readsBytes}, for bytes.
   * @throws {LyceumError} as `readInputs` does.
   */
  read(samples: Uint32Array, view: ViewAt, out: Float32Array | Uint8Array): void {
    if (out instanceof Uint8Array) {
      readInputs(this.#dataset, samples, view, out, this.#viewShape);
      return;
    }
    if (this.#isLookedUp(view)) {
      this.#lookUp(samples, view, out);
      return;
    }
    const { layout } = this.#settings;
    const sizedSize = elementCount(this.#sizedShape);
    const direct = layout !== 'NCHW' && sizedSize === this.size;
    const count = samples.length;
    if (!direct && this.#room.length < count * Math.max(sizedSize, this.size)) {
      this.#room = new Float32Array(count * Math.max(sizedSize, this.size));
    }
    const seen = direct ? out : this.#room;
    if (this.#pictureSize === undefined) {
      readInputs(this.#dataset, samples, view, seen, this.#viewShape);
    } else {
      this.#resize(this.#pictureSize, samples, view, seen);
    }
    this.#colour(seen, count);
    this.#normalise(seen, count * this.size);
    if (direct) return;
    if (layout === 'NCHW') channelsFirst(seen, out, count, this.shape);
    else out.set(seen.subarray(0, count * this.size));
  }

  /** Whether each value that the model sees is made of one byte, so that it can be looked up. */
  #isLookedUp(view: ViewAt): boolean {
    const isOneToOne = elementCount(this.#sizedShape) === this.size;
    const isPicture = this.shape.length === 3 && this.#pictureSize === undefined;
    return isPicture && isOneToOne && readsBytes(this.#dataset, view, this.#viewShape);
  }

  /** Gives the same bits as the other way of {@link read}, but computes each of the 256 bytes of a channel once. */
  #lookUp(samples: Uint32Array, view: ViewAt, out: Float32Array): void {
    const { layout, colours } = this.#settings;
    const [height = 0, width = 0, channels = 0] = this.shape;
    const pixels = height * width;
    const length = samples.length * this.size;
    if (this.#byteRoom.length < length) this.#byteRoom = new Uint8Array(length);
    const bytes = this.#byteRoom;
    readInputs(this.#dataset, samples, view, bytes, this.#viewShape);
    const values = this.#valuesOfBytes(channels);
    const turned = colours === 'BGR' && channels === 3;
    const [ofPixel, ofChannel] = layout === 'NCHW' ? [1, pixels] : [channels, 1];
    for (let channel = 0; channel < channels; channel++) {
      const from = turned ? 2 - channel : channel;
      for (let first = 0; first < length; first += this.size) {
        const to = first + channel * ofChannel;
        for (let pixel = 0; pixel < pixels; pixel++) {
          const byte = bytes[first + pixel * channels + from] as number;
          out[to + pixel * ofPixel] = values[byte * channels + channel] as number;
        }
      }
    }
  }

  /** The values of all bytes, [256, channels]. */
  #valuesOfBytes(channels: number): Float32Array {
    const { inputScale } = this.#dataset;
    const values = Float32Array.from(
      { length: 256 * channels },
      (_, i) => Math.floor(i / channels) * inputScale,
    );
    this.#normalise(values, values.length);
    return values;
  }

  #resize(pictureSize: PictureSize, samples: Uint32Array, view: ViewAt, seen: Float32Array): void {
    const viewSize = elementCount(this.#viewShape);
    const sizedSize = elementCount(this.#sizedShape);
    const channels = this.#viewShape[2] ?? 1;
    if (this.#viewRoom.length === 0) this.#viewRoom = new Float32Array(CHUNK * viewSize);
    for (let first = 0; first < samples.length; first += CHUNK) {
      const chunk = samples.subarray(first, first + CHUNK);
      readInputs(this.#dataset, chunk, view, this.#viewRoom, this.#viewShape);
      for (let i = 0; i < chunk.length; i++) {
        const to = (first + i) * sizedSize;
        pictureSize.write(this.#viewRoom, i * viewSize, seen, to, channels);
      }
    }
  }

  /** Brings pixels to the model's colours, in place: a pixel never gets more values than it had. */
  #colour(values: Float32Array, count: number): void {
    const { colours } = this.#settings;
    const channels = this.#sizedShape.at(-1);
    if (channels !== 3 || this.#sizedShape.length !== 3) return;
    const end = count * elementCount(this.#sizedShape);
    if (colours === 'BGR') {
      for (let at = 0; at < end; at += 3) {
        const red = values[at] as number;
        values[at] = values[at + 2] as number;
        values[at + 2] = red;
      }
    } else if (colours === 'gray') {
      for (let at = 0, to = 0; at < end; at += 3, to += 1) {
        values[to] =
          GRAY[0] * (values[at] as number) +
          GRAY[1] * (values[at + 1] as number) +
          GRAY[2] * (values[at + 2] as number);
      }
    }
  }

  #normalise(values: Float32Array, length: number): void {
    const { scale = 1, mean = [0], standardDeviation = [1] } = this.#settings;
    const factor = Math.fround(scale);
    if (factor !== 1) for (let i = 0; i < length; i++) values[i] = (values[i] as number) * factor;
    if (this.#settings.mean === undefined && this.#settings.standardDeviation === undefined) return;
    const channels = this.shape.at(-1) ?? 1;
    for (let i = 0; i < length; i++) {
      const channel = i % channels;
      const less = mean[mean.length === 1 ? 0 : channel] as number;
      const by = standardDeviation[standardDeviation.length === 1 ? 0 : channel] as number;
      values[i] = ((values[i] as number) - less) / by;
    }
  }
}

/**
 * The error for samples of a shape that a model does not take, both in the model's layout.
 *
 * @param modelShape - undefined or null: a size that may be any.
 */
export function sampleShapeError(
  modelShape: readonly (number | undefined | null)[],
  given: readonly number[],
): LyceumError {
  const takes = modelShape.map((size) => size ?? 'any');
  const isGray = channelCount(modelShape) === 1 && channelCount(given) === 3;
  const hint = isGray ? '; the setting "colours": "gray" makes one channel of three' : '';
  return new LyceumError(
    'INVALID_ARGUMENT',
    `the model takes samples of shape [${takes}]; it is given [${given}]${hint}`,
  );
}

/** Of pictures, wherever their channels are: 1 or 3; else undefined. */
function channelCount(shape: readonly (number | undefined | null)[]): number | undefined {
  if (shape.length !== 3) return undefined;
  return [shape[2], shape[0]].find((size) => size === 1 || size === 3) ?? undefined;
}

function isAbsent(setting: unknown): boolean {
  return setting === undefined;
}

/** @throws {LyceumError} INVALID_ARGUMENT if the samples are no pictures. */
function pictureSizeOf(
  settings: ModelSettings,
  inputShape: readonly number[] | undefined,
  sampleShape: readonly number[],
): PictureSize | undefined {
  if (!saysPictureSize(settings)) return undefined;
  const [height, width] = sampleShape;
  if (sampleShape.length !== 3 || height === undefined || width === undefined) {
    const message = `resize, centreCrop, interpolation and antialias are for pictures; the samples have shape [${sampleShape}]`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const [h, w] = inputShape?.length === 3 ? inputShape : [];
  const wanted = h === undefined || w === undefined ? undefined : ([h, w] as const);
  return new PictureSize(settings, [height, width], wanted);
}

/**
 * The shape that the model sees, channels last whatever the layout.
 *
 * @param inputShape - the model's own; undefined: any.
 */
function modelShapeOf(
  { colours }: ModelSettings,
  inputShape: readonly number[] | undefined,
  sampleShape: readonly number[],
  pictureSize: PictureSize | undefined,
): readonly number[] {
  const [height, width, channels] = sampleShape;
  const isPicture = sampleShape.length === 3;
  const own = colours === undefined || !isPicture;
  if (own && pictureSize === undefined) return seenShape(inputShape, sampleShape);
  const [h, w] = pictureSize?.size ?? (inputShape?.length === 3 ? inputShape : [height, width]);
  const repeated = inputShape?.length === 3 ? inputShape[2] : channels;
  const seen = own
    ? channels === 1
      ? repeated
      : channels
    : colours === 'gray'
      ? 1
      : channels === 1
        ? 3
        : channels;
  return [h ?? 0, w ?? 0, seen ?? 0];
}

/** The shape before colours: the set's own channels, except that a gray picture may be repeated. */
function beforeColours(
  shape: readonly number[],
  { colours }: ModelSettings,
  sampleShape: readonly number[],
): readonly number[] {
  if (colours === undefined || shape.length !== 3) return shape;
  const [height = 0, width = 0] = shape;
  const own = sampleShape[2] ?? 1;
  if (own !== 1 && own !== 3) {
    const message = `colours are of pictures with 1 or 3 channels; the samples have shape [${sampleShape}]`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return [height, width, own === 1 ? (shape[2] ?? 1) : own];
}

function inLayout(shape: readonly number[], { layout }: ModelSettings): readonly number[] {
  if (layout !== 'NCHW') return shape;
  const [height = 0, width = 0, channels = 0] = shape;
  return [channels, height, width];
}

/** Reorders [n, height, width, channels] to [n, channels, height, width]. */
function channelsFirst(
  from: Float32Array,
  to: Float32Array,
  count: number,
  [height = 0, width = 0, channels = 0]: readonly number[],
): void {
  const pixels = height * width;
  for (let sample = 0; sample < count; sample++) {
    const base = sample * pixels * channels;
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let channel = 0; channel < channels; channel++) {
        to[base + channel * pixels + pixel] = from[base + pixel * channels + channel] as number;
      }
    }
  }
}
