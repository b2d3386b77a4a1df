/**
 * One sample as a view shows it, at the size that a model takes. On the path of every batch: no objects per sample.
 *
 * A picture is mirrored, cropped and enlarged, rotated about its centre, moved, and gets its hole, in this order; then
 * it is mixed with its partner, to which the same was done with the partner's own numbers. Of a sample's stream of
 * uniform numbers the first moves it down, the second right, the third mirrors it, the fourth to sixth say how much is
 * cropped and from where, the seventh rotates it, the last two say where the centre of the hole is.
 *
 * Numbers are drawn on the set's own grid, so that a shift is of whole pixels there; a model of another input size
 * sees the same view, sampled elsewhere. Between pixels values are bilinear, the borders' are repeated, and what lies
 * outside of the picture is 0.
 *
 * Symbols: H × W pixels of the set, h × w of the output, y and x a pixel there.
 */
import { elementCount, LyceumError } from '@lyceum/proto';
import { fnv1a32, fnv1a32Decimal, mulberry32 } from '../arrays/index.js';
import type { Dataset } from '../datasets/index.js';
import { mixupOf } from './mixup.js';
import { copier, DRAW, mover, resampler, type SampleWriter } from './view-geometry.js';
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
): SampleWriter {
  const settings = viewFunction(view);
  const [problem] = viewProblems(settings, dataset.sampleShape);
  if (problem !== undefined) {
    const message = `view ${view.text}: ${problem.path} ${problem.message}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
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
): SampleWriter {
  const { sampleShape } = dataset;
  const sameShape = `${sampleShape}` === `${shape}`;
  if (!sameShape && !canResample(sampleShape, shape)) {
    const message = `samples of shape [${sampleShape}] cannot be sampled as [${shape}]; want [height, width, ${sampleShape[2] ?? 'channels'}]`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  if (settings === undefined || sampleShape.length !== 3) {
    return sameShape ? copier(dataset) : resampler(dataset, shape, undefined, 0);
  }
  const prefix = fnv1a32(`${settings.seed}|${epoch}|`);
  const wholePixels = sameShape && settings.crop === 0 && settings.rotation === 0;
  const moved = wholePixels
    ? mover(dataset, settings, prefix)
    : resampler(dataset, shape, settings, prefix);
  if (settings.cutout === 0) return moved;
  const [height = 0, width = 0, channels = 0] = shape;
  return (sample, out, offset) => {
    moved(sample, out, offset);
    const seed = fnv1a32Decimal(sample, prefix);
    const half = settings.cutout / 2;
    const [top, left] = [mulberry32(seed, DRAW.holeTop), mulberry32(seed, DRAW.holeLeft)];
    // Pixels whose centre is in the hole.
    const first = (centre: number, size: number) =>
      Math.max(0, Math.ceil((centre - half) * size - 0.5));
    const end = (centre: number, size: number) =>
      Math.min(size, Math.ceil((centre + half) * size - 0.5));
    const [from, to] = [first(left, width) * channels, end(left, width) * channels];
    for (let y = first(top, height); y < end(top, height); y++) {
      const row = offset + y * width * channels;
      out.fill(0, row + from, row + to);
    }
  };
}
