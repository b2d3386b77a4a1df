/** Pictures as PNG files, by sharp; loaded when the first one is written. */
import { LyceumError } from '@lyceum/proto';

/**
 * @param values - [height, width, channels] in [0, 1]; values beyond are cut off.
 * @param shape - of 1 or 3 channels.
 * @returns the file.
 * @throws {LyceumError} INVALID_ARGUMENT if the shape is no picture's.
 */
export async function pngOf(values: ArrayLike<number>, shape: readonly number[]): Promise<Buffer> {
  const [height, width, channels] = shape;
  if (height === undefined || width === undefined || (channels !== 1 && channels !== 3)) {
    const message = `a PNG needs samples of shape [height, width, 1 or 3], and these are [${shape}]`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const { default: sharp } = await import('sharp');
  const bytes = Uint8Array.from({ length: values.length }, (_, i) =>
    Math.round(255 * Math.min(1, Math.max(0, values[i] as number))),
  );
  return sharp(bytes, { raw: { width, height, channels } }).png().toBuffer();
}

/** The file of an image, of any kind that sharp reads, as PNG; a PNG stays as it is. @throws if it is no image. */
export async function pngFile(bytes: Buffer): Promise<Buffer> {
  if (bytes.subarray(1, 4).toString('latin1') === 'PNG') return bytes;
  const { default: sharp } = await import('sharp');
  return sharp(bytes).rotate().png().toBuffer();
}

/** A small picture to be looked at. */
export interface Thumbnail {
  /** The file. */
  readonly png: Buffer;
  readonly width: number;
  readonly height: number;
}

/**
 * @param values - [height, width, channels]; values beyond the range are cut off. If there are neither 1 nor 3
 * channels, their mean is shown, in grey.
 * @param range - the values that are shown black and white.
 * @param maxSide - in pixels; greater pictures are made smaller.
 */
export async function thumbnailOf(
  values: ArrayLike<number>,
  shape: readonly [number, number, number],
  { low, high, maxSide }: { readonly low: number; readonly high: number; readonly maxSide: number },
): Promise<Thumbnail> {
  const [height, width, channels] = shape;
  const shown = channels === 3 ? 3 : 1;
  const averaged = channels / shown;
  const bytes = Uint8Array.from({ length: height * width * shown }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < averaged; c++) sum += values[i * averaged + c] as number;
    const share = high > low ? (sum / averaged - low) / (high - low) : 0;
    return Math.round(255 * Math.min(1, Math.max(0, share)));
  });
  const { default: sharp } = await import('sharp');
  const { data, info } = await sharp(bytes, { raw: { width, height, channels: shown } })
    .resize({ width: maxSide, height: maxSide, fit: 'inside', withoutEnlargement: true })
    .png()
    .toBuffer({ resolveWithObject: true });
  return { png: data, width: info.width, height: info.height };
}
