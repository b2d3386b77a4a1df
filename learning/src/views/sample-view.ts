/**
 * One sample as a view shows it, at the size that a model takes. On the path of every batch: no objects per sample.
 *
 * A picture is mirrored, cropped and enlarged, rotated about its centre, moved, and gets its hole, in this order; then
 * it is mixed with its partner, to which the same was done with the partner's own numbers. Of a sample's stream of
 * uniform numbers the first moves it down, the second right, the third mirrors it, the fourth to sixth say how much is
 * cropped and from where, the seventh rotates it, the next two say where the centre of the hole is, and 22 more what a
 * random resized crop keeps.
 *
 * Numbers are drawn on the set's own grid, so that a shift is of whole pixels there, and a random resized crop keeps
 * whole ones; a model of another input size sees the same view, sampled elsewhere. Between pixels values are bilinear,
 * the borders' are repeated, and what lies outside of the picture is 0. A random resized crop of bytes gives bytes:
 * what is rounded is in byte-crop.ts.
 *
 * Symbols: H × W pixels of the set, h × w of the output, y and x a pixel there.
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
 * @param shape - of the output: the set's own, or, for pictures, another height and width and, for one channel, any
 * number of copies of it.
 * @throws {LyceumError} INVALID_ARGUMENT if the text is no view, or the samples do not fit it or the shape.
 */
export function sampleWriter(
  dataset: Dataset,
  view: ViewAt,
  shape: readonly number[] = dataset.sampleShape,
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
 * As {@link sampleWriter}, in the set's bytes, each to be scaled as the set's are; undefined where the view leaves none:
 * of floats, of mixtures, and where values lie between pixels and are not rounded.
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
 * The shape in which a teacher sees the samples of a set: its own, if those are pictures of another size.
 *
 * @param inputShape - what its model takes; undefined: anything.
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

/** Whether samples of one shape can be sampled anew as the other: pictures, of the same channels or of one. */
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

/** Whether values are moved as they are. */
function isWholePixels({ crop, rotation, randomResizedCrop }: ViewFunction): boolean {
  return crop === 0 && rotation === 0 && randomResizedCrop === undefined;
}

/** Of the seed of each sample's stream. */
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
