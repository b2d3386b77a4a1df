/** A platform for which the libjpeg-turbo package has no binary, simulated by a failing open. */
import sharp from 'sharp';
import { expect, it, onTestFinished, vi } from 'vitest';
import { JpegDecoder } from '../../src/pictures/jpeg-decoder.js';
import { decoderVersion, pictureDecoder } from '../../src/pictures/picture-decoder.js';

it('pictureDecoder without libjpeg-turbo uses sharp, and decoderVersion says so', async () => {
  const open = vi.spyOn(JpegDecoder, 'open').mockReturnValue(undefined);
  onTestFinished(() => open.mockRestore());
  const pixels = Uint8Array.from({ length: 20 * 10 * 3 }, (_, i) => (i * 7) % 256);
  const raw = { width: 20, height: 10, channels: 3 } as const;
  const jpeg = await sharp(pixels, { raw }).jpeg().toBuffer();
  const decode = await pictureDecoder({ width: 8, height: 4, channels: 3, fit: 'stretch' });
  const resized = sharp(jpeg).resize({ width: 8, height: 4, fit: 'fill', kernel: 'linear' });
  const want = await resized.toColourspace('srgb').raw().toBuffer();
  expect(Buffer.from(await decode(jpeg)).equals(want)).toBe(true);
  const version = `lyceum-pictures/3 jpeg-turbo/none libvips/${sharp.versions.vips}`;
  expect(await decoderVersion()).toBe(version);
});
