// The file on a real disk is written, cut off, damaged, and taken over by another run.
import { appendFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ContributorLedger, type LedgerOwner } from '../../src/runs/contributor-ledger.js';

const owner: LedgerOwner = { runId: 'digits', submittedAtMs: 7, stepsPerSpan: 16 };
const nothing = async () => new Map();

let folder = '';
let path = '';
let turn = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-ledger-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  path = join(folder, `${turn++}.contributors`);
});

async function written(): Promise<ContributorLedger> {
  const ledger = await ContributorLedger.open(path, owner, nothing);
  await ledger.record(0, [0, 2]);
  await ledger.record(1, [0, 1, 2]);
  return ledger;
}

test('ContributorLedger has its decisions when it is opened again', async () => {
  await written();
  const again = await ContributorLedger.open(path, owner, nothing);
  expect([...again.decided]).toEqual([
    [0, [0, 2]],
    [1, [0, 1, 2]],
  ]);
  expect(await ContributorLedger.read(path, owner)).toEqual(again.decided);
});

test('ContributorLedger keeps the first decision on a span', async () => {
  const ledger = await written();
  const size = (await readFile(path)).length;
  await ledger.record(0, [1]);
  expect((await readFile(path)).length).toBe(size);
  expect(ledger.decided.get(0)).toEqual([0, 2]);
});

test('ContributorLedger cut off at any byte keeps the decisions before the cut, and records more', async () => {
  await written();
  const whole = await readFile(path, 'utf8');
  const firstEnd = whole.indexOf('\n') + 1;
  const secondEnd = whole.indexOf('\n', firstEnd) + 1;
  for (let bytes = 0; bytes <= whole.length; bytes++) {
    await writeFile(path, whole);
    await truncate(path, bytes);
    const ledger = await ContributorLedger.open(path, owner, nothing);
    expect(ledger.decided.size).toBe(bytes < secondEnd ? 0 : bytes < whole.length ? 1 : 2);
    await ledger.record(5, [1]);
    expect((await ContributorLedger.read(path, owner))?.get(5)).toEqual([1]);
  }
});

test.each([
  ['a changed contributor', (text: string) => text.replace('0 0,2', '0 0,1')],
  ['a line of zeros', (text: string) => text.replace(/\n1 .*\n/, '\n\0\0\0\n')],
  ['a line without a checksum', (text: string) => `${text}2 0,1\n`],
])('ContributorLedger refuses %s, naming the line', async (_name, change) => {
  await written();
  await writeFile(path, change(await readFile(path, 'utf8')));
  const open = ContributorLedger.open(path, owner, nothing);
  await expect(open).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: expect.stringMatching(/is damaged at line [234];/),
  });
});

test('ContributorLedger replaces the ledger of a deleted run of the same id', async () => {
  await written();
  const other = { ...owner, submittedAtMs: 8 };
  expect(await ContributorLedger.read(path, other)).toBeUndefined();
  const ledger = await ContributorLedger.open(path, other, async () => new Map([[3, [1]]]));
  expect([...ledger.decided]).toEqual([[3, [1]]]);
  expect(await ContributorLedger.read(path, owner)).toBeUndefined();
  expect(await ContributorLedger.read(path, other)).toEqual(ledger.decided);
});

test('ContributorLedger refuses spans of another length', async () => {
  await written();
  const open = ContributorLedger.open(path, { ...owner, stepsPerSpan: 8 }, nothing);
  await expect(open).rejects.toThrow("counts spans of 16 steps, but the run's spans have 8 steps");
});

test('ContributorLedger records nothing more after a failed write', async () => {
  const ledger = await written();
  await rm(path);
  // A folder in its place: appending fails.

  await mkdir(path);
  await expect(ledger.record(2, [0])).rejects.toThrow();
  await rm(path, { recursive: true });
  await appendFile(path, '');
  await expect(ledger.record(3, [0])).rejects.toThrow();
  expect(ledger.decided.has(3)).toBe(false);
});

test.each(['null', '[]', '{"runId":"digits","submittedAtMs":7', '{"runId":"dig\u0000ts"}'])(
  'ContributorLedger refuses a damaged first line and keeps the file: %j',
  async (line) => {
    await written();
    const whole = await readFile(path, 'utf8');
    const damaged = whole.replace(/^.*\n/, `${line}\n`);
    await writeFile(path, damaged);
    await expect(ContributorLedger.open(path, owner, nothing)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining(`${path} is damaged at line 1;`),
    });
    expect(await readFile(path, 'utf8')).toBe(damaged);
  },
);
