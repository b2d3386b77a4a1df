/** Sentences about made-up runs and teachers. */
import { describe, expect, it } from 'vitest';
import type { RunFacts, TeacherFacts } from '../src/api/index.js';
import { stationsOf } from '../src/web/pages/run/flow.js';
import { paceSentence, secondsLeft, worstTeacher, wrongs } from '../src/web/pages/run/words.js';
import { fakeHistory, fakeRows, fakeRun, PAUSED, PLAIN, RUNNING } from './browser/fake-facts.js';

const rows = fakeRows(PLAIN, 1e12);
const of = (id: string, changed: Partial<RunFacts> = {}): RunFacts => {
  const row = rows.find((one) => one.id === id);
  if (row === undefined) throw new Error(`no run ${id}`);
  return { ...fakeRun(row, PLAIN), ...changed };
};

describe('the pace of a run', () => {
  it('has a sentence for a training and for a paused run (paceSentence)', () => {
    expect(paceSentence(of(RUNNING))).toBe(
      'The teachers set the pace: the student waits 43 % of its time, now for wide.',
    );
    const paused = of(PAUSED);
    expect(paceSentence(paused)).toBe('The run is paused until somebody puts something right.');
    expect(wrongs(paused)[0]).toBe('teacher big: its server answers 402: no credit is left');
  });

  it('has a sentence for an ended run, by the waiting share of its student (paceSentence)', () => {
    const ended = { state: 'SUCCEEDED', bottleneck: null } as const;
    expect(paceSentence(of(RUNNING, ended))).toBe(
      'The teachers set the pace of the student: it waited 43.0 % of its time for targets.',
    );
    expect(paceSentence(of(RUNNING, { ...ended, waitingShare: 0.02 }))).toMatch(/^The student set/);
    expect(paceSentence(of(RUNNING, { ...ended, step: 0 }))).toBe('The run has succeeded.');
  });

  it('marks the bottleneck among the stations of a batch (stationsOf)', () => {
    const run = of(RUNNING);
    const stations = stationsOf(run, fakeHistory(run, 0, 1000));
    expect(stations.map(({ name }) => name)).toEqual([
      'tickets',
      'teachers',
      'coordinator',
      'student',
    ]);
    expect(stations.filter(({ isBottleneck }) => isBottleneck).map(({ name }) => name)).toEqual([
      'teachers',
    ]);
    expect(stations[1]?.lines[0]).toEqual({ name: 'wide', value: '420 ms' });
  });

  it('names the 5 slowest of 9 teachers and counts the others (stationsOf)', () => {
    const many = Array.from({ length: 9 }, (_, i) => ({ ...teacher(`t${i}`), latencyMs: i }));
    const lines = stationsOf(of(RUNNING, { teachers: many }), null)[1]?.lines;
    expect(lines?.map(({ name }) => name)).toEqual(['t8', 't7', 't6', 't5', 't4', 'and 4 more']);
  });
});

describe('secondsLeft', () => {
  it('follows from the current rate, and is null without one', () => {
    // 38,000 steps of 64 samples at 1,843 a second.
    expect(secondsLeft(of(RUNNING))).toBeCloseTo(1319.6, 1);
    expect(secondsLeft(of(RUNNING, { samplesPerSecond: 0 }))).toBeNull();
    expect(secondsLeft(of(RUNNING, { specification: {} }))).toBeNull();
    expect(secondsLeft(of(PAUSED))).toBeNull();
  });
});

describe('wrongs', () => {
  it('lists reason and warnings once, and not the reason that the bottleneck has', () => {
    const run = of(PAUSED, { warnings: ['a warning'], degradedShare: 0, teachers: [] });
    expect(wrongs(run)).toEqual([run.reason, 'a warning']);
    const queued = of('digits-197', { warnings: [], degradedShare: 0, teachers: [] });
    expect(wrongs({ ...queued, reason: queued.bottleneck?.text ?? '' })).toEqual([]);
  });
});

describe('worstTeacher', () => {
  const others = [teacher('a'), teacher('b'), teacher('c')];

  it('is first a teacher that has problems', () => {
    const sick = { ...teacher('x'), problems: ['at chance'] };
    const slow = { ...teacher('y'), latencyMs: 1e6 };
    expect(worstTeacher([...others, slow, sick])).toEqual({
      name: 'x',
      sentence: 'x cannot be trusted: at chance.',
    });
  });

  it('is else a teacher that disagrees, then one that is left out, then a slow one', () => {
    const odd = { ...teacher('odd'), disagreement: 0.5 };
    const absent = { ...teacher('absent'), share: 0.6 };
    const slow = { ...teacher('slow'), latencyMs: 900 };
    expect(worstTeacher([...others, slow, absent, odd]).name).toBe('odd');
    expect(worstTeacher([...others, slow, absent])).toEqual({
      name: 'absent',
      sentence: 'absent contributed to 60.0 % of the targets; the others usually to 100.0 %.',
    });
    expect(worstTeacher([...others, slow]).sentence).toBe(
      'slow is the slowest: it takes 900 ms for a ticket, the others usually 100 ms.',
    );
  });

  it('names the other teachers that stand out too', () => {
    const pair = ['x', 'y'].map((name, index) => ({
      ...teacher(name),
      disagreement: 0.4 + 0.1 * index,
    }));
    expect(worstTeacher([teacher('a'), ...pair])).toEqual({
      name: 'y',
      sentence:
        'y names another class than the combined target for 50.0 % of the samples; the others usually for 5.0 %. x stands out too.',
    });
  });

  it('is null for equal teachers, for one teacher and for unknown ones', () => {
    expect(worstTeacher(others).name).toBeNull();
    expect(worstTeacher([teacher('a')]).name).toBeNull();
    const unknown = { latencyMs: null, share: null, disagreement: null };
    expect(worstTeacher(others.map((one) => ({ ...one, ...unknown })))).toEqual({
      name: null,
      sentence: 'Nothing is known of them yet.',
    });
  });
});

function teacher(name: string): TeacherFacts {
  return {
    name,
    identity: '',
    latencyMs: 100,
    share: 1,
    disagreement: 0.05,
    deviceSeconds: 0,
    problems: [],
  };
}
