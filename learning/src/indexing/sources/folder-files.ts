/**
 * The pictures of a folder, one folder a class, `cat/1.png`, or with splits `train/cat/1.png`. `datasets push` has the
 * same layout and the same order, so drawn splits are the same. Pure.
 */
import type { ListedObject } from '@lyceum/platform/objects';
import { printable } from '@lyceum/proto';
import { SampleRefusedError } from '../../datasets/encoding/index.js';
import { type SplitName, splitNamed } from '../../datasets/index.js';
import { shownName } from '../../files/index.js';
import type { Ignored, Refusals } from '../../import/samples/index.js';
import { isPictureEnding } from '../formats/index.js';

export interface FolderFile {
  /** Path below the folder. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly etag: string | undefined;
  /** Name of the class. */
  readonly label: string;
  readonly split: SplitName | undefined;
}

interface Untaken {
  readonly refusals: Refusals;
  readonly ignored: Ignored;
}

/**
 * @param prefix - the folder's URL, with a slash at its end.
 * @param split - the split of all pictures; undefined: names of folders say it.
 */
export function folderFiles(
  prefix: string,
  objects: readonly ListedObject[],
  split: SplitName | undefined,
  { refusals, ignored }: Untaken,
): FolderFile[] {
  const refuse = (where: string, reason: string, message: string) =>
    refusals.add({ where: printable(where), refusal: new SampleRefusedError(reason, message) });
  const pictures = objects.filter(({ url }) => {
    const names = url.slice(prefix.length).split('/');
    const isPicture = isPictureEnding(/\.([^.]+)$/.exec(url)?.[1] ?? '');
    if (isPicture && !names.some((name) => name.startsWith('.'))) return true;
    if (!url.endsWith('/')) ignored.add(printable(url));
    return false;
  });
  const paths = pictures.map(({ url }) => url.slice(prefix.length).split('/'));
  const tops = new Set(paths.flatMap((names) => (names.length > 1 ? [names[0] as string] : [])));
  const topSplits = [...tops].map(splitNamed);
  const areSplits =
    split === undefined && topSplits.includes('train') && !topSplits.includes(undefined);
  const files: FolderFile[] = [];
  for (const [index, { url, sizeBytes, etag }] of pictures.entries()) {
    const names = paths[index] as string[];
    const path = names.join('/');
    const label = names[areSplits ? 1 : 0] as string;
    if (names.length < (areSplits ? 3 : 2) || label === '') {
      refuse(url, 'no label', 'lies in no folder of a class, so has no label');
    } else if (printable(path) !== path || path.includes('\ufffd') || path.includes('\n')) {
      const message = `its name ${shownName(path)} has signs that are not printed; rename it`;
      refuse(url, 'no plain name', message);
    } else {
      const own = areSplits ? splitNamed(names[0] as string) : split;
      files.push({ path, sizeBytes, etag, label, split: own });
    }
  }
  return files.sort((a, b) => byFolders(a.path.split('/'), b.path.split('/')));
}

/** Sorts names as strings, folder by folder. Servers sort by whole keys, where `-` comes before the slash. */
function byFolders(a: readonly string[], b: readonly string[]): number {
  for (let depth = 0; depth < a.length && depth < b.length; depth++) {
    const [one, other] = [a[depth] as string, b[depth] as string];
    if (one !== other) return one < other ? -1 : 1;
  }
  return a.length - b.length;
}
