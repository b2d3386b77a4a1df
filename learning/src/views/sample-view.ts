/**
 * One sample as a view shows it, at the size that a model takes. Every batch runs this: it makes no objects per
 * sample.
 *
 * A picture is mirrored, cropped and enlarged, rotated about its centre, moved, and gets its hole, in this order. Then
 * it is mixed with its partner, which was changed likewise with the partner's own numbers. Each sample has a stream of
 * uniform numbers: the first moves the picture down, the second right, the third mirrors it; the fourth to sixth give
 * the size and the place of the crop; the seventh rotates; the next two give the centre of the hole; 22 more give the
 * rectangle of a random resized crop.
 *
 * The numbers apply to the set's own grid: a shift is of whole pixels there, and a random resized crop keeps whole
 * pixels. A model of another input size sees the same view, sampled at its size. Between pixels values are bilinear,
 * the border pixels are repeated, and outside of the picture is 0. A random resized crop of bytes gives bytes:
 * byte-crop.ts says how they are rounded.
 *
 * Symbols: H × W pixels of the set, h × w of the output, (x, y) a pixel of the output.
 */
import { elementCount, LyceumError } from '@lyceum/proto';
import { fnv1a32, fnv1a32Decimal, mulberry32 } from '../arrays/index.js';
import type { Dataset } from '../datasets/index.js';
import { byteCropper } from './byte-crop.js';
import { mixupOf } from './mixup.js';
import { byteReader, sampleReader, scaled } from './real-values.js';
import { copier, DRAW, mover, resampler, type Values, type Writer } from './view-geometry.js';
import { type ViewAt, type ViewFunction, viewFunction, viewProblems } from './views.js';

/**
 * Compiles a view for a set and the shape that a model takes.
 *
 * @param shape - of the output: the set's own; or, for pictures, another height and width, and any number of copies
 *   of a single channel.
 * @throws {LyceumError} INVALID_ARGUMENT if the text is no view, or the samples do not fit it or the shape.
 */
export function sampleWriter(
  dataset: Dataset,
  view: ViewAt,
  shape: readonly number[],
): Writer<Float32Array> {
  const settings = fittingView(dataset, view, shape);
  const geometry = geometryWriter(dataset, settings, view.epoch, shape);
  const mixup = mixupOf(dataset, view);
  if (mixup === undefined) return geometry;
  const other = new Float32Array(elementCount(shape));
  return (sample, out, offset) => {
    const partner = mixup.partner(sample);
    const share = mixup.share(sample, partner);
    geometry(sample, out, offset);
    geometry(partner, other, 0);
    for (let i = 0; i < other.length; i++) {
      out[offset + i] = share * (out[offset + i] as number) + (1 - share) * (other[i] as number);
    }
  };
}

/**
 * Like {@link sampleWriter}, but gives bytes, to be scaled as the set's bytes are. Undefined if the view does not give
 * bytes: for floats, for mixtures, and for unrounded values between pixels.
 */
export function byteWriter(
  dataset: Dataset,
  view: ViewAt,
  shape: readonly number[] = dataset.sampleShape,
): Writer<Uint8Array> | undefined {
  const settings = fittingView(dataset, view, shape);
  return settings?.mixup ? undefined : byteGeometry(dataset, settings, view.epoch, shape);
}

/** @throws {LyceumError} INVALID_ARGUMENT if the text is no view, or the samples do not fit it or the shape. */
function fittingView(
  { sampleShape }: Dataset,
  view: ViewAt,
  shape: readonly number[],
): ViewFunction | undefined {
  const settings = viewFunction(view);
  const [problem] = viewProblems(settings, sampleShape);
  if (problem !== undefined) {
    const message = `view ${view.text}: ${problem.path} ${problem.message}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  if (!isSame(sampleShape, shape) && !canResample(sampleShape, shape)) {
    const message = `samples of shape [${sampleShape}] cannot be sampled as [${shape}]; want [height, width, ${sampleShape[2] ?? 'channels'}]`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return settings;
}

/**
 * The shape in which a teacher sees the samples of a set: the teacher's own, if samples are pictures of another size.
 *
 * @param inputShape - the shape that the teacher's model takes; undefined: any.
 */
export function seenShape(
  inputShape: readonly number[] | undefined,
  sampleShape: readonly number[],
): readonly number[] {
  const resized =
    inputShape !== undefined &&
    elementCount(inputShape) !== elementCount(sampleShape) &&
    canResample(sampleShape, inputShape);
  return resized ? inputShape : sampleShape;
}

/**
 * Whether samples of the first shape can be sampled as the second: pictures with the same channels, or with one
 * channel.
 */
function canResample(from: readonly number[], to: readonly number[]): boolean {
  return from.length === 3 && to.length === 3 && (from[2] === to[2] || from[2] === 1);
}

function geometryWriter(
  dataset: Dataset,
  settings: ViewFunction | undefined,
  epoch: number,
  shape: readonly number[],
): Writer<Float32Array> {
  const { sampleShape, inputScale } = dataset;
  const sameShape = isSame(sampleShape, shape);
  if (settings === undefined || sampleShape.length !== 3) {
    return sameShape ? copier(sampleReader(dataset)) : resampler(dataset, shape, undefined, 0);
  }
  if (settings.randomResizedCrop !== undefined) {
    const writeBytes = byteGeometry(dataset, settings, epoch, shape);
    if (writeBytes !== undefined) {
      const bytes = new Uint8Array(elementCount(shape));
      return (sample, out, offset) => {
        writeBytes(sample, bytes, 0);
        scaled(bytes, inputScale, out, offset);
      };
    }
  }
  const prefix = viewPrefix(settings, epoch);
  const moved =
    sameShape && isWholePixels(settings)
      ? mover(
          sampleReader(dataset),
          sampleShape,
          settings,
          prefix,
          new Float32Array(elementCount(shape)),
        )
      : resampler(dataset, shape, settings, prefix);
  return withHole(moved, shape, settings, prefix);
}

function byteGeometry(
  dataset: Dataset,
  settings: ViewFunction | undefined,
  epoch: number,
  shape: readonly number[],
): Writer<Uint8Array> | undefined {
  const read = byteReader(dataset);
  const { sampleShape } = dataset;
  const sameShape = isSame(sampleShape, shape);
  if (read === undefined) return undefined;
  if (settings === undefined || sampleShape.length !== 3)
    return sameShape ? copier(read) : undefined;
  const prefix = viewPrefix(settings, epoch);
  const { randomResizedCrop, flip } = settings;
  if (randomResizedCrop !== undefined) {
    const cropped = byteCropper(read, sampleShape, shape, randomResizedCrop, flip, prefix);
    return withHole(cropped, shape, settings, prefix);
  }
  if (!sameShape || !isWholePixels(settings)) return undefined;
  const mirror = new Uint8Array(elementCount(sampleShape));
  return withHole(mover(read, sampleShape, settings, prefix, mirror), shape, settings, prefix);
}

function isSame(sampleShape: readonly number[], shape: readonly number[]): boolean {
  return `${sampleShape}` === `${shape}`;
}

/** Whether the view moves values by whole pixels only, so that they stay unchanged. */
function isWholePixels({ crop, rotation, randomResizedCrop }: ViewFunction): boolean {
  return crop === 0 && rotation === 0 && randomResizedCrop === undefined;
}

/** The part of a stream's seed that all samples of an epoch share. */
function viewPrefix({ seed }: ViewFunction, epoch: number): number {
  return fnv1a32(`${seed}|${epoch}|`);
}

function withHole<T extends Values>(
  write: Writer<T>,
  [height = 0, width = 0, channels = 0]: readonly number[],
  { cutout }: ViewFunction,
  prefix: number,
): Writer<T> {
  if (cutout === 0) return write;
  const half = cutout / 2;
  // Pixels whose centre is in the hole.
  const first = (centre: number, size: number) =>
    Math.max(0, Math.ceil((centre - half) * size - 0.5));
  const end = (centre: number, size: number) =>
    Math.min(size, Math.ceil((centre + half) * size - 0.5));
  return (sample, out, offset) => {
    write(sample, out, offset);
    const seed = fnv1a32Decimal(sample, prefix);
    const [top, left] = [mulberry32(seed, DRAW.holeTop), mulberry32(seed, DRAW.holeLeft)];
    const [from, to] = [first(left, width) * channels, end(left, width) * channels];
    for (let y = first(top, height); y < end(top, height); y++) {
      const row = offset + y * width * channels;
      out.fill(0, row + from, row + to);
    }
  };
}
