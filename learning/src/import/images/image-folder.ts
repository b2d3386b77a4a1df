/**
 * A folder of images, one folder a class: `cat/1.png`, or with splits `train/cat/1.png`. Files are found by their
 * names' endings; folders inside a class's belong to it. Order: names sorted as strings, folder by folder, so that
 * equal folders give equal sets.
 */
import type { Dirent } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import { SampleRefusedError } from '../../datasets/encoding/index.js';
import { type SplitName, splitNamed } from '../../datasets/index.js';
import { type ImageOptions, openImageDecoder } from '../../pictures/index.js';
import { type Ignored, orRefused, type RefusedSample, type Sample } from '../samples/index.js';
import { readWithin } from './files-within.js';
import { mapInOrder } from './map-in-order.js';

const IMAGE_NAME = /\.(jpe?g|jfif|png|webp|gif|tiff?|avif|bmp|heic|jp2)$/i;

/** Images in hand at once: enough for a few cores, few enough for memory. */
const DECODED_AT_ONCE = 4;

/** Folders inside a class's folder, at most. */
const MAX_DEPTH = 16;

interface ImageFile {
  readonly path: string;
  readonly label: string;
  readonly split: SplitName | undefined;
}

interface Walk {
  readonly root: string;
  readonly ignored: Ignored;
}

/**
 * @param ignored - takes up the files that are not meant.
 * @throws {LyceumError} INVALID_ARGUMENT if the folder has no folders of classes.
 */
export async function* imageFolderSamples(
  folder: string,
  options: ImageOptions,
  ignored: Ignored,
): AsyncGenerator<Sample | RefusedSample, void, undefined> {
  const walk: Walk = { ignored, root: await realpath(folder) };
  const decode = await openImageDecoder(options);
  const read = async (found: ImageFile | RefusedSample): Promise<Sample | RefusedSample> => {
    if ('refusal' in found) return found;
    const { path, label, split } = found;
    return orRefused(path, async () => {
      const image = await decode(await readWithin(walk.root, path));
      return { where: path, ...image, label, split };
    });
  };
  yield* mapInOrder(imageFiles(walk), DECODED_AT_ONCE, read);
}

async function* imageFiles(walk: Walk): AsyncGenerator<ImageFile | RefusedSample, void, undefined> {
  const folders = yield* classFolders(walk, '');
  if (folders.length === 0) {
    const message = `${walk.root}: has no folders of classes; want one folder of images a class, or push a table of files with --image and --label`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const splits = folders.map(splitNamed);
  if (!splits.includes('train') || splits.includes(undefined)) {
    for (const name of folders) yield* classFiles(walk, name, name, undefined, 0);
    return;
  }
  for (const [index, splitFolder] of folders.entries()) {
    for (const name of yield* classFolders(walk, splitFolder)) {
      yield* classFiles(walk, join(splitFolder, name), name, splits[index], 0);
    }
  }
}

/** @returns names of the folders in `path`, which should hold nothing else. */
async function* classFolders(
  walk: Walk,
  path: string,
): AsyncGenerator<RefusedSample, string[], undefined> {
  const folders: string[] = [];
  for (const entry of await sortedEntries(walk, path)) {
    const name = join(path, entry.name);
    if (entry.name.includes('\ufffd')) {
      const message = 'has a name that is not UTF-8; convmv -f latin1 -t utf8 renames it';
      yield refused(name, 'no UTF-8', message);
    } else if (entry.isDirectory()) folders.push(entry.name);
    else if (entry.isSymbolicLink()) yield refusedLink(name);
    else if (IMAGE_NAME.test(name)) {
      const message = 'lies in no folder of a class, so has no label';
      yield refused(name, 'no label', message);
    } else walk.ignored.add(name);
  }
  return folders;
}

async function* classFiles(
  walk: Walk,
  path: string,
  label: string,
  split: SplitName | undefined,
  depth: number,
): AsyncGenerator<ImageFile | RefusedSample, void, undefined> {
  if (depth > MAX_DEPTH) {
    const message = `lies more than ${MAX_DEPTH} folders deep`;
    yield refused(path, 'too deep', message);
    return;
  }
  const entries = await sortedEntries(walk, path);
  if (depth === 0 && entries.length === 0) {
    yield refused(path, 'empty class', 'has no images');
  }
  for (const entry of entries) {
    const name = join(path, entry.name);
    if (entry.isDirectory()) yield* classFiles(walk, name, label, split, depth + 1);
    else if (IMAGE_NAME.test(name)) yield { path: name, label, split };
    else if (entry.isSymbolicLink()) yield refusedLink(name);
    else walk.ignored.add(name);
  }
}

/** Hidden files are not data. */
async function sortedEntries(walk: Walk, path: string): Promise<Dirent[]> {
  const folder = join(walk.root, path);
  const entries = await readdir(folder, { withFileTypes: true }).catch((err: unknown) => {
    const cause = err instanceof Error ? err.message : String(err);
    throw new LyceumError('INVALID_ARGUMENT', `${folder} cannot be read: ${cause}`, { cause: err });
  });
  const isHidden = (entry: Dirent) => entry.name.startsWith('.');
  for (const entry of entries.filter(isHidden)) walk.ignored.add(join(path, entry.name));
  const visible = entries.filter((entry) => !isHidden(entry));
  return visible.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A link to a folder may lead back to where it lies, for ever. */
function refusedLink(path: string): RefusedSample {
  const message = 'is a link to something that is no image; links to folders are not followed';
  return refused(path, 'link to a folder', message);
}

function refused(where: string, reason: string, message: string): RefusedSample {
  return { where, refusal: new SampleRefusedError(reason, message) };
}
