// Small lists of runs, and 2,000 runs that are paged while runs are added and deleted.
import { checkRunSpecification } from '@lyceum/learning/specification';
import { Run } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { type RunQuery, runPage } from '../../../src/runs/record/run-page.js';
import type { RunRecord } from '../../../src/runs/record/run-record.js';
import { runMessage } from '../../../src/services/run-message.js';
import { queued } from '../queued-run.js';

const EVERYTHING: RunQuery = {
  states: [],
  team: '',
  text: '',
  labels: [],
  pageSize: 0,
  pageToken: '',
};

const QUEUED = queued();

function run(runId: string, changes: Partial<RunRecord> = {}, metadata: object = {}): RunRecord {
  const { specification } = QUEUED;
  const named = { ...specification, metadata: { ...specification.metadata, ...metadata } };
  return { ...QUEUED, ...changes, runId, specification: named };
}

/** Ids of a page; each run counts as `bytes`. */
function idsOf(records: readonly RunRecord[], query: Partial<RunQuery> = {}, bytes = 1) {
  return runPage(
    records,
    { ...EVERYTHING, ...query },
    ({ runId }) => runId,
    () => bytes,
  );
}

const RUNS = [
  run(
    'Digits',
    { submittedAtMs: 1, state: 'SUCCEEDED' },
    { team: 'vision', labels: { sweep: 'a' } },
  ),
  run('words', { submittedAtMs: 3, state: 'TRAINING' }, { team: 'text', labels: { sweep: 'b' } }),
  run('digits-2', { submittedAtMs: 2, state: 'PAUSED' }, { team: 'vision' }),
  run('<b>', { submittedAtMs: 4, state: 'SUCCEEDED' }, { labels: { x: '<img>', sweep: 'a' } }),
];

test.each<[string, Partial<RunQuery>, string[]]>([
  ['all, the last submitted first', {}, ['<b>', 'words', 'digits-2', 'Digits']],
  ['states', { states: ['PAUSED', 'TRAINING'] }, ['words', 'digits-2']],
  ['a team', { team: 'vision' }, ['digits-2', 'Digits']],
  ['part of a team is none', { team: 'vis' }, []],
  ['text of ids in any case', { text: 'DIG' }, ['digits-2', 'Digits']],
  ['text of a label', { text: 'sweep=A' }, ['<b>', 'Digits']],
  ['text with markup', { text: '<IMG' }, ['<b>']],
  ['a whole label', { labels: ['sweep=a'] }, ['<b>', 'Digits']],
  ['a part of a label is none', { labels: ['sweep='] }, []],
  ['two labels', { labels: ['sweep=a', 'x=<img>'] }, ['<b>']],
  ['all at once', { states: ['SUCCEEDED'], team: 'vision', text: 'd' }, ['Digits']],
])('runPage filters by: %s', (_, query, ids) => {
  expect(idsOf(RUNS, query)).toMatchObject({ runs: ids, nextPageToken: '' });
});

test('runPage counts runs by state regardless of the states and the page asked for', () => {
  const { counts } = idsOf(RUNS, { states: ['PAUSED'], pageSize: 1, labels: ['sweep=a'] });
  expect([...counts]).toEqual([['SUCCEEDED', 2]]);
  expect(Object.fromEntries(idsOf(RUNS).counts)).toEqual({ SUCCEEDED: 2, TRAINING: 1, PAUSED: 1 });
});

test('runPage neither misses nor repeats a run while others are added and deleted', () => {
  // Four runs have equal times, so that pages end between them.
  const at = (index: number) =>
    run(`run-${index}`, { submittedAtMs: 1000 + Math.floor(index / 4) });
  let records = Array.from({ length: 2000 }, (_, index) => at(index));
  const deleted = new Set<string>();
  const seen: string[] = [];
  for (let pageToken = '', page = 0; page === 0 || pageToken !== ''; page++) {
    const { runs, nextPageToken } = idsOf(records, { pageSize: 33, pageToken });
    seen.push(...runs);
    pageToken = nextPageToken;
    // Deletes the last run of every other page, which the token names, and a later run; adds a new run.
    if (page % 2 === 1) deleted.add(runs.at(-1) as string);
    deleted.add(`run-${page * 7}`);
    records = [...records.filter(({ runId }) => !deleted.has(runId)), at(2000 + page)];
  }
  expect(new Set(seen).size).toBe(seen.length);
  const stayed = Array.from({ length: 2000 }, (_, index) => `run-${index}`).filter(
    (id) => !deleted.has(id),
  );
  expect(stayed.length).toBeGreaterThan(1800);
  expect(stayed.filter((id) => !seen.includes(id))).toEqual([]);
  expect(seen.filter((id) => Number(id.slice('run-'.length)) >= 2000)).toEqual([]);
});

test('runPage ends a page before a message is too large, but after at least one run', () => {
  const three = idsOf(RUNS, {}, 1.3 * 1024 * 1024);
  expect(three).toMatchObject({ runs: ['<b>', 'words', 'digits-2'], nextPageToken: '2:digits-2' });
  const rest = idsOf(RUNS, { pageToken: three.nextPageToken }, 100 * 1024 * 1024);
  expect(rest).toMatchObject({ runs: ['Digits'], nextPageToken: '' });
});

test.each<[Partial<RunQuery>, string]>([
  [{ pageSize: 501 }, 'page_size is 501; a page has at most 500 runs'],
  [{ pageToken: 'x' }, 'page_token "x" is not valid; use next_page_token of the previous page'],
  [{ pageToken: '1:' }, 'page_token "1:" is not valid'],
  [{ pageToken: `${'9'.repeat(20)}:run` }, 'is not valid'],
])('runPage refuses %j, naming what is wrong', (query, message) => {
  expect(() => idsOf(RUNS, query)).toThrow(
    expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    }),
  );
});

test('runMessage takes less than 1 kB for a brief run of five teachers', () => {
  const { apiVersion, kind, spec } = QUEUED.specification;
  const teachers = Array.from({ length: 5 }, (_, t) => ({ name: `t${t}`, model: `m${t}` }));
  const metadata = { name: 'x', team: 'vision', labels: { sweep: 'sizes', seed: '17' } };
  const written = { apiVersion, kind, metadata, spec: { ...spec, teachers } };
  const record = {
    ...QUEUED,
    specification: checkRunSpecification(JSON.parse(JSON.stringify(written)), 'test'),
    runId: 'a-name-of-some-length-with-a-date-2025-01-31',
    reason: 'paused: teacher t0 is not what it was when the run was submitted; push it again',
    submittedAtMs: 1.7e12,
    startedAtMs: 1.7e12,
    outcome: { modelDigest: 'a'.repeat(64), finalWeightsDigest: 'b'.repeat(64) },
    teachers: teachers.map(({ name }) => ({ name, identity: 'c'.repeat(64) })),
  } as unknown as RunRecord;
  const live = { progress: undefined, reason: '', waitingFor: ['t0', 't1'], cost: undefined };
  const bytesOf = (brief: boolean) => Run.encode(runMessage(record, live, brief)).finish().length;
  expect(50 * bytesOf(true)).toBeLessThan(50_000);
  expect(bytesOf(false)).toBeGreaterThan(3 * bytesOf(true));
  const brief = runMessage(record, live, true);
  expect(brief).toMatchObject({ team: 'vision', labels: { sweep: 'sizes', seed: '17' } });
  expect(brief.specificationJson).toBe('');
});
