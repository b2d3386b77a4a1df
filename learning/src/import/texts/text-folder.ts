/**
 * A folder of texts, a file a text, one folder a class, as IMDB and 20 Newsgroups come: `train/pos/1.txt`. Files are
 * called `.txt`, or a number alone. The class `unsup` is that of IMDB for texts without one.
 */

import { LyceumError } from '@lyceum/proto';
import {
  encodeText,
  SampleRefusedError,
  type TextEncoding,
} from '../../datasets/encoding/index.js';
import { TEXT_MAX_BYTES } from '../../datasets/index.js';
import { utf8Text } from '../../files/index.js';
import { type ClassFolders, readWithin } from '../images/index.js';
import { orRefused, type RefusedSample, type Sample } from '../samples/index.js';

export const TEXT_NAME = /(\.txt|^\d+)$/i;

const UNLABELLED = /^(unsup|unlabell?ed)$/i;

/** @throws {LyceumError} INVALID_ARGUMENT if the folder has no folders of classes. */
export async function* textFolderSamples(
  folders: ClassFolders,
  encoding: TextEncoding,
): AsyncGenerator<Sample | RefusedSample, void, undefined> {
  for await (const found of folders.files()) {
    if ('refusal' in found) {
      yield found;
      continue;
    }
    const { path, label, split } = found;
    yield orRefused(path, async () => {
      const text = textOf(await readWithin(folders.root, path), path);
      return {
        where: path,
        shape: [encoding.buckets],
        values: encodeText(encoding, text),
        label: UNLABELLED.test(label) ? undefined : label,
        split,
        raw: { texts: [text], numbers: [] },
      };
    });
  }
}

/** @throws {SampleRefusedError} if it is empty, too long or no UTF-8. */
function textOf(bytes: Buffer, path: string): string {
  if (bytes.length > TEXT_MAX_BYTES) {
    const message = `has ${bytes.length} bytes; at most ${TEXT_MAX_BYTES}`;
    throw new SampleRefusedError('text too long', message);
  }
  const text = textIn(bytes, path);
  if (text.trim() === '') throw new SampleRefusedError('empty text', 'is empty');
  return text;
}

function textIn(bytes: Buffer, path: string): string {
  try {
    return utf8Text(bytes, path);
  } catch (err) {
    if (!(err instanceof LyceumError)) throw err;
    throw new SampleRefusedError('no UTF-8', err.message);
  }
}
