// Ledgers on a real disk; a run is resumed or deleted while decisions are being written.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ContributorLedgers } from '../../src/runs/contributor-ledgers.js';
import { queued } from './queued-run.js';

const SPANS = Array.from({ length: 50 }, (_, span) => span);

let folder = '';
let ledgers: ContributorLedgers;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-ledgers-'));
  ledgers = await ContributorLedgers.open(folder);
});
afterAll(() => rm(folder, { recursive: true }));

test('ContributorLedgers.open waits for decisions that the former ledger is still writing', async () => {
  const before = await ledgers.open(queued());
  const writing = SPANS.map((span) => before.record(span, [0]));
  const after = await ledgers.open(queued());
  expect([...after.decided.keys()]).toEqual(SPANS);
  await Promise.all(writing);
  await after.record(50, [0, 1]);
  expect((await ledgers.read(queued()))?.size).toBe(51);
});

test('ContributorLedgers opens a new ledger after a failed write', async () => {
  const before = await ledgers.open(queued());
  await rm(folder, { recursive: true });
  await expect(before.record(60, [0])).rejects.toThrow('ENOENT');
  await mkdir(folder);
  const after = await ledgers.open(queued());
  await after.record(0, [1]);
  expect([...after.decided]).toEqual([[0, [1]]]);
});

test('ContributorLedgers leaves no file when a run is deleted during writes', async () => {
  const runId = 'deleted';
  const ledger = await ledgers.open({ ...queued(), runId });
  const writing = SPANS.map((span) => ledger.record(span, [0]));
  await ledgers.delete(runId);
  await Promise.allSettled(writing);
  expect(existsSync(join(folder, `${runId}.contributors`))).toBe(false);
});
