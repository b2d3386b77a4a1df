// Small clusters written out, each with the placement that it must get.
import { describe, expect, it } from 'vitest';
import {
  place,
  type RunNeed,
  TEACHER_MEMORY_BYTES,
  TEACHER_MEMORY_FACTOR,
  type TeacherPlace,
} from '../../src/schedule/placement.js';

const MIB = 1024 * 1024;

/** A teacher that is counted with `memoryMib`. */
function teacher(name: string, memoryMib: number) {
  const weightBytes = (memoryMib * MIB - TEACHER_MEMORY_BYTES) / TEACHER_MEMORY_FACTOR;
  return { identity: name, name, weightBytes };
}

function worker(workerId: string, budgetMib: number, loaded: string[] = []): TeacherPlace {
  return { workerId, memoryBudgetBytes: budgetMib * MIB, loaded: new Set(loaded) };
}

function run(runId: string, teachers: RunNeed['teachers'], student: RunNeed['student'] = 'wanted') {
  return { runId, student, teachers };
}

const small = teacher('small', 100);
const medium = teacher('medium', 200);

describe('student workers', () => {
  it('go to runs in the order of submission; who gets none is told why', () => {
    const runs = [run('a', []), run('b', []), run('c', [])];
    const { starts, reasons } = place(runs, ['s1', 's2'], []);
    expect([...starts]).toEqual([
      ['a', 's1'],
      ['b', 's2'],
    ]);
    expect([...reasons]).toEqual([['c', 'no student worker is free (2 of 2 busy with a, b)']]);
  });

  it('keep the run that they have', () => {
    const runs = [run('a', []), run('b', [], { workerId: 's1' })];
    const { starts, reasons } = place(runs, ['s1'], []);
    expect([...starts]).toEqual([]);
    expect(reasons.get('a')).toBe('no student worker is free (1 of 1 busy with b)');
  });

  it('are missed', () => {
    expect(place([run('a', [])], [], []).reasons.get('a')).toBe('no student worker is connected');
  });

  it('are not taken by a run whose teachers have no place', () => {
    const runs = [run('a', [teacher('big', 3_200)]), run('b', [small])];
    const { starts, reasons } = place(runs, ['s1'], [worker('t1', 2_048)]);
    expect([...starts]).toEqual([['b', 's1']]);
    expect(reasons.get('a')).toBe('teacher big needs 3.1 GiB; the largest budget is 2 GiB');
  });
});

describe('teachers', () => {
  it('are all on every worker that has room for them', () => {
    const runs = [run('a', [small, medium], { workerId: 's1' })];
    const { teachers } = place(runs, ['s1'], [worker('t1', 300), worker('t2', 400)]);
    expect([...teachers]).toEqual([
      ['t1', ['medium', 'small']],
      ['t2', ['medium', 'small']],
    ]);
  });

  it('are each somewhere where not all fit, and what room is left is filled', () => {
    const three = ['x', 'y', 'z'].map((name) => teacher(name, 100));
    const runs = [run('a', three, { workerId: 's1' })];
    const { teachers, reasons } = place(runs, ['s1'], [worker('t1', 200), worker('t2', 250)]);
    expect(new Set([...teachers.values()].flat())).toEqual(new Set(['x', 'y', 'z']));
    expect([...teachers.values()].map((list) => list.length)).toEqual([2, 2]);
    expect(reasons.size).toBe(0);
  });

  it('stay where they are loaded', () => {
    const runs = [run('a', [teacher('x', 100), teacher('y', 100)], { workerId: 's1' })];
    const workers = [worker('t1', 100, ['y']), worker('t2', 150, ['x'])];
    expect([...place(runs, ['s1'], workers).teachers]).toEqual([
      ['t1', ['y']],
      ['t2', ['x']],
    ]);
  });

  it('of runs that wait never push out those of runs in progress', () => {
    const runs = [run('a', [medium]), run('b', [small], { workerId: 's1' })];
    const { starts, teachers, reasons } = place(runs, ['s1', 's2'], [worker('t1', 250)]);
    expect([...starts]).toEqual([]);
    expect(teachers.get('t1')).toEqual(['small']);
    expect(reasons.get('a')).toContain('waits for memory');
  });

  it('of a run in progress that lost every worker are named in its reason', () => {
    const runs = [run('a', [small], { workerId: 's1' })];
    expect(place(runs, ['s1'], []).reasons.get('a')).toBe('no teacher worker is connected');
  });

  it('of runs that only wait for a student worker are not loaded', () => {
    const { teachers } = place([run('a', [small])], [], [worker('t1', 1_000)]);
    expect([...teachers]).toEqual([['t1', []]]);
  });
});
