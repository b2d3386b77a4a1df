/** Pictures as PNG files, by sharp; loaded when the first one is written. */
import { LyceumError } from '@lyceum/proto';

/**
 * @param values - [height, width, channels] in [0, 1]; what is beyond is cut.
 * @param shape - of 1 or 3 channels.
 * @returns the file.
 * @throws {LyceumError} INVALID_ARGUMENT if it is no picture.
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

/** An image's file of any kind that is read, as PNG; a PNG stays as it is. @throws if it is no image. */
export async function pngFile(bytes: Buffer): Promise<Buffer> {
  if (bytes.subarray(1, 4).toString('latin1') === 'PNG') return bytes;
  const { default: sharp } = await import('sharp');
  return sharp(bytes).rotate().png().toBuffer();
}
