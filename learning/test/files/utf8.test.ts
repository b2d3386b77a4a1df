/**
 * Texts in other encodings, whole and in pieces of every size, in files of every text format. TextDecoder decides what
 * is UTF-8.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { linesOf } from '../../src/files/lines.js';
import { utf8Bytes, utf8Text } from '../../src/files/utf8.js';
import { importSource } from '../../src/import/import-source.js';
import { parseClasses, parseColumns } from '../../src/import/samples/import-options.js';
import { openCsvTable } from '../../src/import/tables/csv-table.js';
import { openJsonLinesTable } from '../../src/import/tables/json-lines-table.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-utf8-'));
afterAll(() => rmSync(root, { recursive: true }));

function put(name: string, content: Uint8Array | string): string {
  const file = join(root, name);
  writeFileSync(file, content);
  return file;
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function gathered(bytes: Buffer, size: number): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of utf8Bytes(pieces(bytes, size), 'f')) all.push(piece);
  return Buffer.concat(all);
}

const SOUND = 'a,ä,€,😀\n\ufeffx\n'.repeat(3);

describe('utf8Bytes', () => {
  it('passes UTF-8 on unchanged, in pieces of any size', async () => {
    const bytes = Buffer.from(SOUND);
    for (let size = 1; size <= bytes.length; size++) {
      expect((await gathered(bytes, size)).equals(bytes), `${size}`).toBe(true);
    }
  });

  it('names the first invalid byte, at any place and in pieces of any size', async () => {
    const bytes = Buffer.from(SOUND);
    const fatal = new TextDecoder('utf-8', { fatal: true });
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at] = 0xff;
      // The character with the bad byte begins at the last place before which everything is valid.
      const first = [0, 1, 2, 3]
        .map((back) => at - back)
        .find((start) => {
          if (start < 0) return false;
          try {
            return fatal.decode(bytes.subarray(0, start)) !== undefined;
          } catch {
            return false;
          }
        }) as number;
      const line = bytes.subarray(0, first).toString().split('\n').length;
      const message = `f, line ${line}: is not UTF-8 at byte ${first + 1} of the file`;
      expect(() => utf8Text(damaged, 'f')).toThrow(message);
      for (const size of [1, 3, 7, 1000]) {
        await expect(gathered(damaged, size), `${at} in ${size}`).rejects.toThrow(message);
      }
    }
  });

  it('names an invalid byte far within a large text', () => {
    const bytes = Buffer.from(`${'ä€😀\n'.repeat(20_000)}x`);
    bytes[bytes.length - 1] = 0xe4;
    expect(() => utf8Text(bytes, 'f')).toThrow('f, line 20001: is not UTF-8 at byte 200001 of the');
  });

  it('refuses a character that the end of the file cuts off', async () => {
    const bytes = Buffer.from('a\n€').subarray(0, 4);
    await expect(gathered(bytes, 1)).rejects.toThrow('f, line 2: is not UTF-8 at byte 3');
  });

  it('removes a byte order mark at the start of a text', () => {
    expect(utf8Text(Buffer.from('\ufeffa\ufeff'), 'f')).toBe('a\ufeff');
  });
});

const TABLE = 'name,label\nBär,a\nBür,b\n';
const LINES = '{"name":"Bär"}\n{"name":"Bür"}\n';
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');

const OTHERS = [
  [
    'Latin-1',
    (text: string) => Buffer.from(text, 'latin1'),
    /line \d: is not UTF-8 at byte \d+ of the file \(0xe4\); want UTF-8\. If it is latin1: iconv -f latin1 -t utf-8 OLD > NEW/,
  ],
  [
    'Windows-1252',
    (text: string) => Buffer.from(text.replace('ä', '\x80'), 'latin1'),
    /\(0x80\).*iconv -f windows-1252 -t utf-8/,
  ],
  ['UTF-16', utf16, /is UTF-16; want UTF-8\. If it is utf-16: iconv -f utf-16 -t utf-8/],
  ['UTF-16, big end first', (text: string) => utf16(text).swap16(), /is UTF-16; want UTF-8/],
  [
    'UTF-16 without a mark',
    (text: string) => Buffer.from(text, 'utf16le'),
    /line 1: is no text at byte 2 of the file \(0x00\)/,
  ],
  ['UTF-32', () => Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), /is UTF-32; want UTF-8/],
  [
    'a surrogate',
    (text: string) => Buffer.from(text.replace('ä', '\xed\xa0\x80'), 'latin1'),
    /is not UTF-8 at byte/,
  ],
] as const;

describe.each(OTHERS)('text in %s', (_, encode, message) => {
  it('is refused in CSV', async () => {
    const read = async () => {
      const table = await openCsvTable(put('t.csv', encode(TABLE)));
      for await (const _row of table.rows(['name']))
        expect(_row.values['name']).not.toContain('\ufffd');
    };
    await expect(read()).rejects.toThrow(message);
    await expect(read()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('is refused in JSON lines', async () => {
    const read = async () => {
      const table = await openJsonLinesTable(put('t.jsonl', encode(LINES)));
      for await (const _row of table.rows(['name']));
    };
    await expect(read()).rejects.toThrow(message);
  });

  it('is refused in lines of text, and in files of classes and columns', async () => {
    const read = async () => {
      for await (const _line of linesOf(put('t.txt', encode('Bär\nBür\n')), 1000));
    };
    await expect(read()).rejects.toThrow(message);
    const classes = put('classes.txt', encode('Bär\nBür\n'));
    expect(() => parseClasses(`@${classes}`)).toThrow(message);
    const columns = put('columns.txt', encode('Bär=ignore\n'));
    expect(() => parseColumns(`@${columns}`)).toThrow(message);
  });
});

it('importSource refuses folders and images with Latin-1 names by name, and does not merge them', async () => {
  const folder = join(root, 'images');
  const below = (...names: string[]) =>
    Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(names.join('/'), 'latin1')]);
  const image = await sharp({ create: { width: 2, height: 2, channels: 3, background: '#123' } })
    .png()
    .toBuffer();
  for (const name of ['B\xe4r', 'B\xfcr', 'cat', 'dog']) {
    mkdirSync(below(name), { recursive: true });
    for (let n = 0; n < 10; n++) writeFileSync(below(name, `${n}.png`), image);
  }
  writeFileSync(below('cat', 'K\xe4tzchen.png'), image);
  const places = { cacheFolder: root, scratch: mkdtempSync(join(root, 'scratch-')) };
  const { summary } = await importSource(folder, {}, places);
  expect(summary.classNames).toEqual(['cat', 'dog']);
  expect(summary.refused.count).toBe(3);
  expect(summary.refused.reasons['no UTF-8']).toBe(2);
  expect(summary.refused.first[0]?.message).toMatch(
    /not UTF-8; convmv -f latin1 -t utf8 renames it/,
  );
});

it('CSV, JSON lines and class files with a byte order mark are read', async () => {
  const marked = (text: string) => `\ufeff${text}`;
  expect((await openCsvTable(put('m.csv', marked(TABLE)))).columns).toEqual(['name', 'label']);
  expect((await openJsonLinesTable(put('m.jsonl', marked(LINES)))).columns).toEqual(['name']);
  expect(parseClasses(`@${put('m.txt', marked('a\nb\n'))}`)).toEqual(['a', 'b']);
});
