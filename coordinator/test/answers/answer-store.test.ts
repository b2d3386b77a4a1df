// Real files in a temporary folder; tests damage single bytes of them.
import {
  type FileHandle,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AnswerCodec, throughCodec } from '@lyceum/learning/codecs';
import { createLogger } from '@lyceum/platform';
import { StorageFullError } from '@lyceum/proto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AnswerFile } from '../../src/answers/answer-file.js';
import { AnswerStore } from '../../src/answers/answer-store.js';
import { type AnswerTableKey, tableFileName } from '../../src/answers/answer-table-key.js';
import { recordsOf, TABLE_KEY } from './records-of.js';

const log = createLogger({ name: 'test', level: 'silent' });
const key = TABLE_KEY;
const RECORD_BYTES = 4 + 2 * 4 + 4;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-answers-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** The answer to sample s is [s, −s / 3]. */
function rowsOf(samples: readonly number[]): Float32Array {
  return Float32Array.from(samples.flatMap((s) => [s, -s / 3]));
}

function put(store: AnswerStore, samples: readonly number[], at: AnswerTableKey = key) {
  return putRows(store, at, Uint32Array.from(samples), rowsOf(samples));
}

function putRows(store: AnswerStore, at: AnswerTableKey, samples: Uint32Array, rows: Float32Array) {
  return store.put(at, samples, recordsOf(at, samples, rows));
}

async function read(store: AnswerStore, samples: readonly number[], at: AnswerTableKey = key) {
  const out = new Float32Array(samples.length * 2);
  const missing = await store.read(at, Uint32Array.from(samples), out);
  return { out, missing };
}

describe.each([
  ['with rows in memory', { memoryBytes: 1 << 20, openTableCount: 4, indexBytes: 1 << 20 }],
  ['from files alone', { memoryBytes: 0, openTableCount: 4, indexBytes: 1 << 20 }],
])('AnswerStore %s', (_, limits) => {
  it('does not return dropped answers, even after it is opened again, and stores new ones', async () => {
    const store = await AnswerStore.open(folder, log, limits);
    await put(store, [1, 2]);
    const second = await put(store, [2, 3, 4]);
    expect(second).toEqual({ first: 2, end: 4 });
    expect(await put(store, [3])).toEqual({ first: 4, end: 4 });
    expect(await store.drop(key, second)).toEqual([3, 4]);
    const samples = [1, 2, 3, 4];
    expect((await read(store, samples)).missing).toEqual([3, 4]);
    await putRows(store, key, Uint32Array.from([3]), Float32Array.from([30, 31]));
    await store.close();
    const again = await AnswerStore.open(folder, log, limits);
    expect(await read(again, [1, 2, 3])).toEqual({
      out: Float32Array.from([...rowsOf([1, 2]), 30, 31]),
      missing: [],
    });
    expect((await read(again, [4])).missing).toEqual([4]);
    await again.close();
  });

  it('does not return answers whose drop failed on disk, and stores new ones', async () => {
    const store = await AnswerStore.open(folder, log, limits);
    const range = await put(store, [1, 2]);
    await read(store, [1, 2]);
    const [{ name = '' } = {}] = store.tables();
    await rm(join(folder, name));
    await expect(store.drop(key, range)).rejects.toThrow('ENOENT');
    expect((await read(store, [1, 2])).missing).toEqual([1, 2]);
    await putRows(store, key, Uint32Array.from([1, 2]), Float32Array.from([10, 11, 20, 21]));
    expect((await read(store, [1, 2])).out).toEqual(Float32Array.from([10, 11, 20, 21]));
    await store.close();
  });

  it('returns stored answers in the order asked for, and lists missing samples', async () => {
    const store = await AnswerStore.open(folder, log, limits);
    await put(store, [7, 3, 9]);
    await put(store, [50, 51, 52]);
    const samples = [51, 3, 52, 7];
    expect(await read(store, samples)).toEqual({ out: rowsOf(samples), missing: [] });
    expect(await store.missingCount(key, Uint32Array.from([3, 4, 5]))).toBe(2);
    expect((await read(store, [3, 4])).missing).toEqual([4]);
    await store.close();
  });

  it('keeps the first of two answers to a sample when both are put at once', async () => {
    const store = await AnswerStore.open(folder, log, limits);
    const other = new Float32Array([1, 1, 2, 2]);
    await Promise.all([put(store, [1, 2]), putRows(store, key, Uint32Array.from([2, 3]), other)]);
    const { out } = await read(store, [1, 2, 3]);
    expect([...out]).toEqual([...rowsOf([1, 2]), 2, 2]);
    await store.close();
  });

  it.each<AnswerCodec>(['float16', 'uint8-affine', 'top-k:2'])(
    'returns the bits of codec %s before and after it is opened again, and finds a changed bit',
    async (codec) => {
      const at = { ...key, codec, rowLength: 5 };
      const samples = Uint32Array.of(8, 3, 99, 41);
      const rows = Float32Array.from({ length: 20 }, (_, i) => ((7 * i) % 13) / 3 - 2);
      const want = throughCodec(codec, rows, 4, 5);
      expect(want).not.toEqual(rows);
      const store = await AnswerStore.open(folder, log, limits);
      await putRows(store, at, samples, rows);
      const out = new Float32Array(20);
      expect(await store.read(at, samples, out)).toEqual([]);
      expect(out).toEqual(want);
      await store.close();

      const again = await AnswerStore.open(folder, log, limits);
      for (const _ of ['from the file', 'from memory']) {
        out.fill(0);
        expect(await again.read(at, samples, out)).toEqual([]);
        expect(out).toEqual(want);
      }
      // The checksum covers all bits of a record, those of the codec too.
      const path = join(folder, tableFileName(at));
      const bytes = await readFile(path);
      const last = bytes.length - 5;
      bytes[last] = (bytes[last] ?? 0) ^ 1;
      await again.close();
      await writeFile(path, bytes);
      const damaged = await AnswerStore.open(folder, log, limits);
      expect(await damaged.read(at, samples, out)).toEqual([41]);
      await damaged.close();
    },
  );

  it('refuses records of the wrong length', async () => {
    const store = await AnswerStore.open(folder, log, limits);
    await expect(store.put(key, Uint32Array.of(1, 2), new Uint32Array(7))).rejects.toThrow(
      '2 records of 4 words, got 7',
    );
    expect(await store.missingCount(key, Uint32Array.of(1, 2))).toBe(2);
    await store.close();
  });

  it('returns 100 answers with the same bits after it is closed and opened', async () => {
    const store = await AnswerStore.open(folder, log, limits);
    const samples = Array.from({ length: 100 }, (_, i) => (i * 37) % 100);
    await put(store, samples);
    await store.flush();
    await store.close();
    const again = await AnswerStore.open(folder, log, limits);
    expect(again.sizeBytes).toBeGreaterThan(100 * RECORD_BYTES);
    expect(await read(again, samples)).toEqual({ out: rowsOf(samples), missing: [] });
    await again.close();
  });
});

it('AnswerStore keeps a table for each teacher, view, view epoch, outputs and codec', async () => {
  const store = await AnswerStore.open(folder, log);
  const others: AnswerTableKey[] = [
    { ...key, teacherIdentity: 'ab' },
    { ...key, viewEpoch: 1 },
    { ...key, view: 'v1,seed=1,flip=1' },
    { ...key, outputs: ['hint', 'logits'] },
    { ...key, codec: 'float16' },
  ];
  await put(store, [1]);
  for (const other of others) {
    expect(await store.missingCount(other, Uint32Array.of(1))).toBe(1);
  }
  await store.close();
});

it('AnswerStore reads and writes more tables than it may keep open', async () => {
  const store = await AnswerStore.open(folder, log, {
    memoryBytes: 1_000,
    openTableCount: 2,
    indexBytes: 1 << 20,
  });
  const keys = Array.from({ length: 6 }, (_, viewEpoch) => ({ ...key, viewEpoch }));
  for (const at of keys) await put(store, [1, 2, 3], at);
  const bytes = store.sizeBytes;
  for (const at of keys) expect((await read(store, [3, 1], at)).out).toEqual(rowsOf([3, 1]));
  expect(store.sizeBytes).toBe(bytes);
  await Promise.all(keys.map((at) => put(store, [4], at)));
  for (const at of keys) expect((await read(store, [4, 1], at)).missing).toEqual([]);
  await store.close();
  expect(await readdir(folder)).toHaveLength(6);
});

describe('memory of an AnswerStore', () => {
  const keys = [0, 1, 2].map((viewEpoch) => ({ ...key, viewEpoch }));
  const rowBytes = key.sampleCount * key.rowLength * 4;
  /** True if the answers are given although their file has lost them. */
  async function isInMemory(store: AnswerStore, at: AnswerTableKey): Promise<boolean> {
    const path = join(folder, tableFileName(at));
    const bytes = await readFile(path);
    await writeFile(path, Buffer.alloc(bytes.length));
    const { missing } = await read(store, [4, 2, 1], at);
    await writeFile(path, bytes);
    return missing.length === 0;
  }
  async function written(store: AnswerStore): Promise<void> {
    for (const at of keys) await put(store, [1, 2, 3, 4], at);
  }

  it('holds all rows of a table that is opened again', async () => {
    const first = await AnswerStore.open(folder, log);
    await written(first);
    await first.close();
    const store = await AnswerStore.open(folder, log);
    for (const at of keys) {
      expect((await read(store, [3], at)).out).toEqual(rowsOf([3]));
      expect(await isInMemory(store, at)).toBe(true);
      expect(await read(store, [4, 1, 2], at)).toEqual({ out: rowsOf([4, 1, 2]), missing: [] });
    }
    await store.close();
  });

  it("keeps rows of tables used just now when it is full, and takes another table's 10 s later", async () => {
    let nowMs = 0;
    const limits = { memoryBytes: 2 * rowBytes, openTableCount: 4, indexBytes: 1 << 20 };
    const store = await AnswerStore.open(folder, log, limits, () => nowMs);
    await written(store);
    const inMemory = async () => {
      const found: boolean[] = [];
      for (const at of keys) found.push(await isInMemory(store, at));
      return found;
    };
    expect(await inMemory()).toEqual([true, true, false]);
    // The store read the damaged file of table 2 and forgot its records.
    await put(store, [1, 2, 3, 4], keys[2]);
    nowMs += 10_000;
    await read(store, [1], keys[1]);
    await read(store, [1], keys[2]);
    expect(await isInMemory(store, keys[2] as AnswerTableKey)).toBe(true);
    await store.close();
  });

  it('holds indexes up to a limit: the table used longest ago is closed', async () => {
    const indexBytes = 2 * 4 * key.sampleCount;
    const limits = { memoryBytes: 1 << 20, openTableCount: 4, indexBytes };
    const store = await AnswerStore.open(folder, log, limits);
    await written(store);
    // A closed table reads its file anew, and the file is gone.
    await rm(join(folder, tableFileName(keys[0] as AnswerTableKey)));
    expect((await read(store, [1], keys[0])).missing).toEqual([1]);
    await rm(join(folder, tableFileName(keys[2] as AnswerTableKey)));
    expect((await read(store, [1], keys[2])).missing).toEqual([]);
    await store.close();
  });
});

describe('a damaged file of an AnswerStore', () => {
  async function written(samples: readonly number[]): Promise<string> {
    const store = await AnswerStore.open(folder, log);
    await put(store, samples);
    await store.close();
    return join(folder, tableFileName(key));
  }

  it('loses a torn last record, which can be stored again', async () => {
    const path = await written([1, 2, 3]);
    const { length } = await readFile(path);
    await truncate(path, length - 5);
    const store = await AnswerStore.open(folder, log);
    expect((await read(store, [1, 2, 3])).missing).toEqual([3]);
    await put(store, [3]);
    expect((await read(store, [1, 2, 3])).out).toEqual(rowsOf([1, 2, 3]));
    await store.close();
    expect((await readFile(path)).length).toBe(length);
  });

  it('loses a record with a flipped bit, which can be stored again', async () => {
    const path = await written([1, 2, 3]);
    const bytes = await readFile(path);
    const at = bytes.length - 2 * RECORD_BYTES + 6;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const store = await AnswerStore.open(folder, log);
    expect((await read(store, [1, 2, 3])).missing).toEqual([2]);
    await put(store, [2]);
    expect((await read(store, [1, 2, 3])).out).toEqual(rowsOf([1, 2, 3]));
    await store.close();
  });

  it('loses a record whose bit flips while the file is open', async () => {
    const store = await AnswerStore.open(folder, log, {
      memoryBytes: 0,
      openTableCount: 4,
      indexBytes: 1 << 20,
    });
    await put(store, [1, 2, 3]);
    const path = join(folder, tableFileName(key));
    const bytes = await readFile(path);
    const at = bytes.length - RECORD_BYTES;
    bytes[at] = (bytes[at] ?? 0) ^ 0x80;
    await writeFile(path, bytes);
    expect((await read(store, [1, 2, 3])).missing).toEqual([3]);
    expect(await store.missingCount(key, Uint32Array.of(3))).toBe(1);
    await store.close();
  });

  it('takes and returns more records after a write and the truncation after it failed', async () => {
    const store = await AnswerStore.open(folder, log, {
      memoryBytes: 0,
      openTableCount: 4,
      indexBytes: 1 << 20,
    });
    await put(store, [1]);
    const handle = await open(join(folder, tableFileName(key)));
    const files: FileHandle = Object.getPrototypeOf(handle);
    await handle.close();
    const failure = Object.assign(new Error('EIO: i/o error'), { code: 'EIO', syscall: 'write' });
    const write = files.appendFile;
    vi.spyOn(files, 'write').mockImplementationOnce(async function (
      this: FileHandle,
      bytes: unknown,
    ) {
      await write.call(this, (bytes as Buffer).subarray(0, RECORD_BYTES - 5));
      throw failure;
    });
    vi.spyOn(files, 'truncate').mockRejectedValueOnce(failure);
    try {
      await expect(put(store, [2])).rejects.toBeInstanceOf(StorageFullError);
      await put(store, [3]);
      await put(store, [2]);
      expect(await read(store, [1, 2, 3])).toEqual({ out: rowsOf([1, 2, 3]), missing: [] });
    } finally {
      vi.restoreAllMocks();
      await store.close();
    }
  });

  it('is written anew if it ends within its header', async () => {
    const path = await written([]);
    await truncate(path, 10);
    const store = await AnswerStore.open(folder, log);
    await put(store, [1]);
    expect((await read(store, [1])).missing).toEqual([]);
    await store.close();
  });

  it("is refused if it holds another table's answers", async () => {
    const path = await written([1]);
    const shape = { sampleCount: 100, rowLength: 2, codec: 'float32' } as const;
    await expect(AnswerFile.open(path, 'another table', shape)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
    });
  });
});

describe('tables of an AnswerStore on disk', () => {
  it('are listed with key and size while open, when closed, and after a restart', async () => {
    const store = await AnswerStore.open(folder, log);
    await put(store, [1, 2]);
    const [table] = store.tables();
    expect(table).toMatchObject({ name: tableFileName(key), key });
    await store.close();
    expect(store.tables()).toMatchObject([{ sizeBytes: table?.sizeBytes }]);

    await writeFile(join(folder, 'other.answers'), 'something else');
    const again = await AnswerStore.open(folder, log);
    expect(again.tables()).toMatchObject([{ key, sizeBytes: table?.sizeBytes }]);
    expect(again.sizeBytes).toBe(table?.sizeBytes);
    await again.close();
  });

  it('are deleted with their answers, and start empty when used again', async () => {
    const store = await AnswerStore.open(folder, log);
    await put(store, [1, 2]);
    await store.delete(tableFileName(key));
    expect(await readdir(folder)).toEqual([]);
    expect(store.tables()).toEqual([]);
    await expect(store.delete(tableFileName(key))).rejects.toMatchObject({ code: 'NOT_FOUND' });

    expect((await read(store, [1])).missing).toEqual([1]);
    await put(store, [2]);
    expect((await read(store, [1, 2])).missing).toEqual([1]);
    await store.close();
  });

  it('are not deleted while a put is in progress', async () => {
    const store = await AnswerStore.open(folder, log);
    await put(store, [1]);
    const writing = put(store, [2]);
    await expect(store.delete(tableFileName(key))).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
    });
    await writing;
    expect((await read(store, [1, 2])).missing).toEqual([]);
    await store.close();
  });

  it('are evicted in the order of their last use, except those that are needed', async () => {
    let uses = 0;
    const limits = { memoryBytes: 0, openTableCount: 1, indexBytes: 1 << 20 };
    const store = await AnswerStore.open(folder, log, limits, () => ++uses);
    const keys = [0, 1, 2, 3].map((viewEpoch) => ({ ...key, viewEpoch }));
    for (const at of keys) await put(store, [1, 2, 3], at);
    const size = store.sizeBytes / 4;
    const evicted = await store.shrink(2 * size, (table) => table.key.viewEpoch === 0);
    expect(evicted.map((table) => table.key.viewEpoch)).toEqual([1, 2]);
    expect(store.sizeBytes).toBe(2 * size);
    expect(await store.shrink(2 * size, () => false)).toEqual([]);
    expect((await read(store, [3], keys[0])).missing).toEqual([]);
    await store.close();
  });
});
