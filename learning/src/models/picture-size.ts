/**
 * Pictures at another size, as other libraries make them: resized with a filter, then cropped about the centre. Pure.
 *
 *     antialias    the filter is as wide as what one new pixel covers: Pillow's `resize`, torchvision since 0.17
 *     without      the filter is as wide as one old pixel: torch's `interpolate`, OpenCV's `resize`
 *     bicubic      Keys 1981 with a = −0.5 with antialias and −0.75 without, as in these libraries
 *     nearest      the old pixel that a new one's centre lies in: Pillow, torch's `nearest-exact`
 *
 * Pillow rounds to whole numbers after each of its two passes; here values stay real, within one step of its 255.
 *
 * Symbols: H × W old pixels, h × w new ones.
 */
import { LyceumError } from '@lyceum/proto';
import type { ModelSettings } from './model-settings.js';

export type PictureSizeSettings = Pick<
  ModelSettings,
  'resize' | 'centreCrop' | 'interpolation' | 'antialias'
>;

type Size = readonly [number, number];

/** For each new pixel along one axis, the old pixels that it is made of, and their weights. */
interface Axis {
  /** Where each new pixel's taps begin in `taps`, and last where the last one's taps end. */
  readonly firstTap: Uint32Array;
  readonly taps: Uint32Array;
  readonly weights: Float64Array;
}

/** Whether a model's settings say how its pictures get their size; else they are sampled with the view. */
export function saysPictureSize(settings: PictureSizeSettings): boolean {
  const { resize, centreCrop, interpolation, antialias } = settings;
  return [resize, centreCrop, interpolation, antialias].some((value) => value !== undefined);
}

/** Makes pictures of one size from pictures of another. */
export class PictureSize {
  /** Size of the new pictures, [h, w]. */
  readonly size: Size;
  readonly #width: number;
  readonly #rows: Axis;
  readonly #columns: Axis;
  /** How many old rows are read: up to the last one that a new row is made of. */
  readonly #oldHeight: number;
  #room = new Float64Array(0);

  /**
   * @param from - H, W.
   * @param wanted - h, w where the model fixes them.
   * @throws {LyceumError} INVALID_ARGUMENT if what the settings give is larger than the picture or not what is wanted.
   */
  constructor(settings: PictureSizeSettings, from: Size, wanted: Size | undefined) {
    const resized = resizedTo(settings, from, wanted);
    this.size = croppedTo(settings, resized);
    if (wanted !== undefined && `${wanted}` !== `${this.size}`) {
      const message = `resize and centreCrop give pictures of [${this.size}], and the model takes [${wanted}]; want "centreCrop": [${wanted}]`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    this.#width = from[1];
    this.#rows = axis(settings, from[0], resized[0], this.size[0]);
    this.#columns = axis(settings, from[1], resized[1], this.size[1]);
    this.#oldHeight = this.#rows.taps.reduce((most, tap) => Math.max(most, tap), 0) + 1;
  }

  /**
   * @param values - [H, W, channels] from `offset` on.
   * @param out - [h, w, channels] from `to` on; another array.
   */
  write(
    values: Float32Array,
    offset: number,
    out: Float32Array,
    to: number,
    channels: number,
  ): void {
    const [height, width] = this.size;
    const across = this.#columns;
    const oldHeight = this.#oldHeight;
    const rowLength = width * channels;
    if (this.#room.length < oldHeight * rowLength) {
      this.#room = new Float64Array(oldHeight * rowLength);
    }
    const room = this.#room;
    for (let y = 0; y < oldHeight; y++) {
      const row = offset + y * this.#width * channels;
      for (let x = 0; x < width; x++) {
        const [first, end] = [across.firstTap[x] as number, across.firstTap[x + 1] as number];
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let tap = first; tap < end; tap++) {
            const at = row + (across.taps[tap] as number) * channels + c;
            sum += (across.weights[tap] as number) * (values[at] as number);
          }
          room[y * rowLength + x * channels + c] = sum;
        }
      }
    }
    const down = this.#rows;
    for (let y = 0; y < height; y++) {
      const [first, end] = [down.firstTap[y] as number, down.firstTap[y + 1] as number];
      for (let i = 0; i < rowLength; i++) {
        let sum = 0;
        for (let tap = first; tap < end; tap++) {
          const at = (down.taps[tap] as number) * rowLength + i;
          sum += (down.weights[tap] as number) * (room[at] as number);
        }
        out[to + y * rowLength + i] = sum;
      }
    }
  }
}

/**
 * The size after the resize. One number is the shorter side; the longer one keeps its proportion, rounded down as
 * torchvision does.
 */
function resizedTo(
  { resize, centreCrop }: PictureSizeSettings,
  [H, W]: Size,
  wanted: Size | undefined,
): Size {
  if (resize === undefined) return centreCrop === undefined ? (wanted ?? [H, W]) : [H, W];
  if (typeof resize === 'object') return resize;
  const longer = Math.floor((resize * Math.max(H, W)) / Math.min(H, W));
  return H <= W ? [resize, longer] : [longer, resize];
}

function croppedTo({ centreCrop }: PictureSizeSettings, resized: Size): Size {
  if (centreCrop === undefined) return resized;
  const size: Size = typeof centreCrop === 'object' ? centreCrop : [centreCrop, centreCrop];
  if (size[0] <= resized[0] && size[1] <= resized[1]) return size;
  const message = `centreCrop [${size}] is larger than the pictures, which are [${resized}] before it; resize them to more`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

/** Sharpness of cubic filters. */
const KEYS_ANTIALIASED = -0.5;
const KEYS_PLAIN = -0.75;

function axis(
  { interpolation = 'bilinear', antialias = false }: PictureSizeSettings,
  oldSize: number,
  newSize: number,
  kept: number,
): Axis {
  const scale = oldSize / newSize;
  // Rounds half to even, as Python's round.
  const spare = (newSize - kept) / 2;
  const before = Math.floor(spare) + (spare % 1 === 0 ? 0 : Math.floor(spare) % 2);
  const firstTap = new Uint32Array(kept + 1);
  const taps: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < kept; i++) {
    const centre = (i + before + 0.5) * scale;
    const made =
      oldSize === newSize || interpolation === 'nearest'
        ? [[Math.min(oldSize - 1, Math.floor(centre)), 1] as const]
        : antialias
          ? antialiased(interpolation, centre, Math.max(scale, 1), oldSize)
          : plain(interpolation, centre, oldSize);
    for (const [tap, weight] of made) {
      taps.push(tap);
      weights.push(weight);
    }
    firstTap[i + 1] = taps.length;
  }
  return { firstTap, taps: Uint32Array.from(taps), weights: Float64Array.from(weights) };
}

type Tap = readonly [number, number];

/** Taps as in Pillow's `precompute_coeffs`: pixels outside of the picture are left out, and the others weigh more. */
function antialiased(
  interpolation: 'bilinear' | 'bicubic',
  centre: number,
  width: number,
  oldSize: number,
): Tap[] {
  const support = width * (interpolation === 'bilinear' ? 1 : 2);
  const first = Math.max(0, Math.floor(centre - support + 0.5));
  const end = Math.min(oldSize, Math.floor(centre + support + 0.5));
  const found: Tap[] = [];
  let sum = 0;
  for (let tap = first; tap < end; tap++) {
    const weight = filter(interpolation, (tap - centre + 0.5) / width, KEYS_ANTIALIASED);
    found.push([tap, weight]);
    sum += weight;
  }
  return found.map(([tap, weight]) => [tap, weight / sum]);
}

/** Taps as in torch's `interpolate`: the border's pixels go on outside of the picture. */
function plain(interpolation: 'bilinear' | 'bicubic', centre: number, oldSize: number): Tap[] {
  const reach = interpolation === 'bilinear' ? 1 : 2;
  const left = Math.floor(centre - 0.5);
  return Array.from({ length: 2 * reach }, (_, i) => {
    const tap = left + 1 - reach + i;
    const weight = filter(interpolation, tap + 0.5 - centre, KEYS_PLAIN);
    return [Math.min(oldSize - 1, Math.max(0, tap)), weight] as const;
  });
}

function filter(interpolation: 'bilinear' | 'bicubic', distance: number, a: number): number {
  const x = Math.abs(distance);
  if (interpolation === 'bilinear') return x < 1 ? 1 - x : 0;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}
