/**
 * A folder of images, one folder a class: `cat/1.png`, or with splits `train/cat/1.png`. Files are found by their
 * names' endings; folders inside a class's belong to it. Order: names sorted as strings, folder by folder, so that
 * equal folders give equal sets.
 */
import type { Dirent } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import type { SplitName } from '../dataset.js';
import { readWithin } from './files-within.js';
import { openImageDecoder } from './image-decoder.js';
import type { ImageOptions } from './import-options.js';
import { mapInOrder } from './map-in-order.js';
import { type Ignored, type Refusals, SampleRefusedError } from './refusals.js';
import type { Sample } from './samples.js';
import { splitNamed } from './split-names.js';

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
  readonly refusals: Refusals;
  readonly ignored: Ignored;
}

/**
 * @param skipped - takes up what is refused or ignored.
 * @throws {LyceumError} INVALID_ARGUMENT if the folder has no folders of classes.
 */
export async function* imageFolderSamples(
  folder: string,
  options: ImageOptions,
  skipped: Pick<Walk, 'refusals' | 'ignored'>,
): AsyncGenerator<Sample, void, undefined> {
  const walk: Walk = { ...skipped, root: await realpath(folder) };
  const decode = await openImageDecoder(options);
  const read = async ({ path, label, split }: ImageFile): Promise<Sample | undefined> => {
    try {
      const image = await decode(await readWithin(walk.root, path));
      return { where: path, ...image, label, split };
    } catch (err) {
      if (!(err instanceof SampleRefusedError)) throw err;
      walk.refusals.add(path, err);
      return undefined;
    }
  };
  for await (const sample of mapInOrder(imageFiles(walk), DECODED_AT_ONCE, read)) {
    if (sample !== undefined) yield sample;
  }
}

async function* imageFiles(walk: Walk): AsyncGenerator<ImageFile, void, undefined> {
  const folders = await classFolders(walk, '');
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
    for (const name of await classFolders(walk, splitFolder)) {
      yield* classFiles(walk, join(splitFolder, name), name, splits[index], 0);
    }
  }
}

/** Names of the folders in `path`, which should hold nothing else. */
async function classFolders(walk: Walk, path: string): Promise<string[]> {
  const folders: string[] = [];
  for (const entry of await sortedEntries(walk, path)) {
    const name = join(path, entry.name);
    if (entry.isDirectory()) folders.push(entry.name);
    else if (entry.isSymbolicLink()) refuseLink(walk, name);
    else if (IMAGE_NAME.test(name)) {
      const message = 'lies in no folder of a class, so has no label';
      walk.refusals.add(name, new SampleRefusedError('no label', message));
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
): AsyncGenerator<ImageFile, void, undefined> {
  if (depth > MAX_DEPTH) {
    const message = `lies more than ${MAX_DEPTH} folders deep`;
    walk.refusals.add(path, new SampleRefusedError('too deep', message));
    return;
  }
  const entries = await sortedEntries(walk, path);
  if (depth === 0 && entries.length === 0) {
    walk.refusals.add(path, new SampleRefusedError('empty class', 'has no images'));
  }
  for (const entry of entries) {
    const name = join(path, entry.name);
    if (entry.isDirectory()) yield* classFiles(walk, name, label, split, depth + 1);
    else if (IMAGE_NAME.test(name)) yield { path: name, label, split };
    else if (entry.isSymbolicLink()) refuseLink(walk, name);
    else walk.ignored.add(name);
  }
}

/** Hidden files are nobody's data. */
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
function refuseLink(walk: Walk, path: string): void {
  const message = 'is a link to something that is no image; links to folders are not followed';
  walk.refusals.add(path, new SampleRefusedError('link to a folder', message));
}
