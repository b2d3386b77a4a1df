/**
 * Tables that are filled from a file, in a SavedModel that Keras wrote (fixtures/saved-model-table/make.py).
 * tensorflow/saved-model-table-inference.test.ts checks its answers.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { SavedModelReader } from '../../../src/formats/saved-model/saved-model-messages.js';
import { savedModelPackageOf } from '../../../src/formats/saved-model/saved-model-package.js';
import { withVocabularies } from '../../../src/formats/saved-model/vocabulary-files.js';

const FOLDER = fileURLToPath(new URL('../../fixtures/saved-model-table/listed', import.meta.url));
const WORDS = 'assets/trades.txt';

/** The package with another vocabulary file, or with none for undefined. */
function packaged(words: string | undefined) {
  const names = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(FOLDER.length + 1));
  const files = new Map(names.map((name) => [name, readFileSync(join(FOLDER, name))]));
  expect([...files.keys()]).toContain(WORDS);
  if (words === undefined) files.delete(WORDS);
  else files.set(WORDS, Buffer.from(words));
  return savedModelPackageOf(files, {}, 'listed');
}

it.each(['one\ntwo\n', 'one\r\ntwo'])('savedModelPackageOf inlines a vocabulary: %j', (words) => {
  const { files } = packaged(words);
  expect([...files.keys()].filter((name) => name.startsWith('assets'))).toEqual([]);
  const graph = Buffer.from(files.get('saved_model.pb') as Uint8Array);
  // Fields of a tensor: its texts, each after its length.
  expect(graph.includes('B\x03oneB\x03two')).toBe(true);
  const operation = (name: string) => `\x12${String.fromCharCode(name.length)}${name}`;
  expect(graph.includes(operation('InitializeTableV2'))).toBe(true);
  expect(graph.includes(operation('InitializeTableFromTextFileV2'))).toBe(false);
  const again = savedModelPackageOf(files, {}, 'again');
  expect(Buffer.compare(again.files.get('saved_model.pb') as Uint8Array, graph)).toBe(0);
});

it('withVocabularies fills only as many tables from a long file as the written file can hold', () => {
  const lines = 2 ** 18;
  const tables = Array.from({ length: 200 }, (_, n) => ({
    name: `fill${n}`,
    operation: 'InitializeTableFromTextFileV2',
    inputs: ['table', 'path'],
    attributes: [
      { key: 'key_index', value: { int: BigInt.asUintN(64, -2n) } },
      { key: 'value_index', value: { int: BigInt.asUintN(64, -1n) } },
    ],
  }));
  const path = { name: 'path', operation: 'Placeholder', inputs: [], attributes: [] };
  const metaGraph = {
    graph: { nodes: [path, ...tables] },
    collections: [],
    signatures: [],
    assets: [{ tensor: { name: 'path:0' }, fileName: 'words.txt' }],
  };
  const files = new Map([['assets/words.txt', Buffer.from('x\n'.repeat(lines))]]);
  const { graph } = withVocabularies(metaGraph, files, new SavedModelReader());
  const count = (wanted: string) =>
    (graph?.nodes ?? []).filter(({ operation }) => operation === wanted).length;
  expect(count('InitializeTableV2')).toBe(4);
  expect(count('InitializeTableFromTextFileV2')).toBe(196);
});

it('withVocabularies reads a file once, however many nodes name it', () => {
  const metaGraph = {
    graph: { nodes: [] },
    collections: [],
    signatures: [],
    assets: Array.from({ length: 1000 }, (_, n) => ({
      tensor: { name: `path${n}:0` },
      fileName: 'words.txt',
    })),
  };
  const files = new Map([['assets/words.txt', Buffer.from('x\n\n')]]);
  const read = vi.spyOn(files, 'get');
  withVocabularies(metaGraph, files, new SavedModelReader());
  expect(read).toHaveBeenCalledTimes(1);
});

it.each([
  ['is not there', undefined],
  ['has an empty line', 'one\n\ntwo\n'],
  ['has more lines than are taken in', 'x\n'.repeat(2 ** 20 + 1)],
])('savedModelPackageOf refuses a vocabulary file that %s, with a hint', (_, words) => {
  expect(() => packaged(words)).toThrow(
    /InitializeTableFromTextFileV2 .+ is given the list of its lines instead/,
  );
});
