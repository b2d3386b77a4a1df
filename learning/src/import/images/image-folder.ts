/**
 * A folder of images, one folder a class; class-folders.ts says how it may lie.
 */
import { type ImageOptions, openImageDecoder } from '../../pictures/index.js';
import { orRefused, type RefusedSample, type Sample } from '../samples/index.js';
import type { ClassFile, ClassFolders } from './class-folders.js';
import { readWithin } from './files-within.js';
import { mapInOrder } from './map-in-order.js';

/** Names of files that are taken for pictures. If one cannot be read, it is refused by name. */
export const IMAGE_NAME = /\.(jpe?g|jfif|png|webp|gif|tiff?|avif|bmp|heic|heif|jp2)$/i;

/** Images decoded at once: enough for a few cores, few enough for memory. */
const DECODED_AT_ONCE = 4;

/**
 * @throws {LyceumError} INVALID_ARGUMENT if the folder has no folders of classes.
 */
export async function* imageFolderSamples(
  folders: ClassFolders,
  options: ImageOptions,
): AsyncGenerator<Sample | RefusedSample, void, undefined> {
  const decode = await openImageDecoder(options);
  const read = async (found: ClassFile | RefusedSample): Promise<Sample | RefusedSample> => {
    if ('refusal' in found) return found;
    const { path, label, split } = found;
    return orRefused(path, async () => {
      const image = await decode(await readWithin(folders.root, path));
      return { where: path, ...image, label, split };
    });
  };
  yield* mapInOrder(folders.files(), DECODED_AT_ONCE, read);
}
