/**
 * A folder of texts, one file a text and one folder a class, as in IMDB and 20 Newsgroups: `train/pos/1.txt`. Files
 * end in `.txt`, or their names are numbers. IMDB puts texts without a class into the class `unsup`.
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

/** @throws {SampleRefusedError} if the text is empty, too long or not UTF-8. */
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
