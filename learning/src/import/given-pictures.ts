/** Reads pictures' files in the form that a student of pictures takes. */
import { readGivenFile } from '@lyceum/platform';
import { elementCount, LyceumError } from '@lyceum/proto';
import { SampleRefusedError } from '../datasets/encoding/index.js';
import { IMAGE_FILE_MAX_BYTES, type ImageFit, openImageDecoder } from '../pictures/index.js';

/** The greatest value of a pixel's byte; the student gets it as 1. */
const WHITE = 255;

/** One sample as numbers. */
export interface GivenSample {
  /** Where the sample is from, for messages. */
  readonly where: string;
  readonly values: Float32Array;
}

/**
 * Each picture is scaled as `datasets push` scales it; its pixels are from 0 to 1.
 *
 * @param shape - [height, width, channels] of a sample.
 * @throws {LyceumError} NOT_FOUND or INVALID_ARGUMENT naming a file that is no picture.
 */
export async function* givenPictures(
  files: readonly string[],
  shape: readonly number[],
  fit: ImageFit | undefined,
): AsyncGenerator<GivenSample, void, undefined> {
  const [height = 0, width = 0, channels] = shape;
  const decode = await openImageDecoder({
    size: { height, width },
    channels: channels === 1 ? 'gray' : 'rgb',
    ...(fit !== undefined && { fit }),
  });
  for (const where of files) {
    const bytes = readGivenFile(where, IMAGE_FILE_MAX_BYTES, 'INVALID_ARGUMENT');
    try {
      const picture = await decode(bytes);
      const values = new Float32Array(elementCount(shape));
      for (let i = 0; i < values.length; i++) values[i] = (picture.values[i] as number) / WHITE;
      yield { where, values };
    } catch (thrown) {
      if (!(thrown instanceof SampleRefusedError)) throw thrown;
      throw new LyceumError('INVALID_ARGUMENT', `${where}: ${thrown.message}`, { cause: thrown });
    }
  }
}
