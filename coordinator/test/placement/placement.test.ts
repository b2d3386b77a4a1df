// Small clusters written out, each with the placement that it must get.
import { describe, expect, it } from 'vitest';
import { place, type RunNeed } from '../../src/placement/placement.js';
import {
  TEACHER_MEMORY_BYTES,
  TEACHER_MEMORY_FACTOR,
  type TeacherPlace,
} from '../../src/placement/worker-load.js';

const MIB = 1024 * 1024;

/** A teacher that is counted with `memoryMib`. */
function teacher(name: string, memoryMib: number) {
  const weightBytes = (memoryMib * MIB - TEACHER_MEMORY_BYTES) / TEACHER_MEMORY_FACTOR;
  return { identity: name, name, weightBytes };
}

function worker(workerId: string, budgetMib: number, loaded: string[] = []): TeacherPlace {
  const memoryBudgetBytes = budgetMib * MIB;
  return { workerId, memoryBudgetBytes, loaded: new Set(loaded), barred: new Set() };
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

  it('are another than those on which the run failed, if one is free', () => {
    const failed = { ...run('a', []), failedOn: ['s1', 's2'] };
    expect(place([failed], ['s1', 's2', 's3'], []).starts.get('a')).toBe('s3');
    const both = place([run('b', [], { workerId: 's3' }), failed], ['s1', 's2', 's3'], []);
    expect(both.starts.get('a')).toBe('s1');
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

  describe('where not all fit', () => {
    const three = ['x', 'y', 'z'].map((name) => teacher(name, 100));
    const runs = [run('a', three, { workerId: 's1' })];
    const seconds = new Map([
      ['x', 0.001],
      ['y', 0.001],
      ['z', 0.0065],
    ]);
    /** Workers of each teacher. */
    function holders(teachers: ReadonlyMap<string, readonly string[]>): Record<string, number> {
      const all = [...teachers.values()].flat();
      return Object.fromEntries(
        ['x', 'y', 'z'].map((id) => [id, all.filter((t) => t === id).length]),
      );
    }

    it('have equally many workers until they are measured, then the slowest has most', () => {
      const workers = Array.from({ length: 9 }, (_, i) => worker(`t${i + 1}`, 100));
      expect(holders(place(runs, ['s1'], workers).teachers)).toEqual({ x: 3, y: 3, z: 3 });
      // 6.5 ÷ 7 and 1 ÷ 1 a worker: nothing is more even.
      const measured = place(runs, ['s1'], workers, seconds);
      expect(holders(measured.teachers)).toEqual({ x: 1, y: 1, z: 7 });
    });

    it('are taken for as slow as the others on average until they are measured', () => {
      const workers = Array.from({ length: 6 }, (_, i) => worker(`t${i + 1}`, 100));
      const two = new Map([['x', 0.001], ['y', 0.003]]); // biome-ignore format: one line
      expect(holders(place(runs, ['s1'], workers, two).teachers)).toEqual({ x: 1, y: 3, z: 2 });
    });

    it('give a worker only to one that lacks more than twice what is left to them', () => {
      const workers = ['x', 'x', 'x', 'y', 'z'].map((id, i) => worker(`t${i}`, 100, [id]));
      const withY = (y: number) => new Map([['x', 0.001], ['y', y], ['z', 0.001]]); // biome-ignore format: one line
      const placed = (y: number) => holders(place(runs, ['s1'], workers, withY(y)).teachers);
      // x without one of its three: 1 ÷ 2.
      expect(placed(0.001)).toEqual({ x: 3, y: 1, z: 1 });
      expect(placed(0.0015)).toEqual({ x: 2, y: 2, z: 1 });
    });

    it('give one worker at a time to one that is much slower, and then stay', () => {
      let workers = Array.from({ length: 9 }, (_, i) =>
        worker(`t${i + 1}`, 100, [['x', 'y', 'z'][i % 3] as string]),
      );
      const seen: Record<string, number>[] = [];
      for (let pass = 0; pass < 6; pass++) {
        const { teachers } = place(runs, ['s1'], workers, seconds);
        seen.push(holders(teachers));
        workers = workers.map(({ workerId }) =>
          worker(workerId, 100, [...(teachers.get(workerId) ?? [])]),
        );
      }
      expect(seen.slice(0, 2)).toEqual([
        { x: 2, y: 3, z: 4 },
        { x: 2, y: 2, z: 5 },
      ]);
      // 6.5 ÷ 5 is not more than twice the 1 ÷ 1 that another would be left with.
      expect(seen.slice(2)).toEqual(Array(4).fill({ x: 2, y: 2, z: 5 }));
    });

    it('stay where they are for speeds that waver', () => {
      const workers = ['x', 'x', 'y', 'y', 'z', 'z'].map((id, i) => worker(`t${i}`, 100, [id]));
      for (const z of [0.0005, 0.0009, 0.0015, 0.002]) {
        const wavering = new Map([...seconds, ['z', z]]);
        const { teachers } = place(runs, ['s1'], workers, wavering);
        expect([...teachers.values()].flat()).toEqual(['x', 'x', 'y', 'y', 'z', 'z']);
      }
    });
  });

  it('that have no place are told of to each run that asks them, by its own name, and to no other', () => {
    const [large, homeless] = [teacher('large', 300), teacher('x', 200)];
    const runs = [
      run('a', [large], { workerId: 's1' }),
      run('b', [{ ...homeless, name: 'first' }], { workerId: 's2' }),
      run('c', [{ ...homeless, name: 'second' }], { workerId: 's3' }),
      run('d', [small]),
      run('e', [{ ...homeless, name: 'third' }]),
    ];
    const students = ['s1', 's2', 's3', 's4', 's5'];
    const { starts, reasons } = place(runs, students, [worker('t1', 400)]);
    expect([...starts]).toEqual([['d', 's4']]);
    expect([...reasons].map(([runId, reason]) => [runId, reason.split(' ')[1]])).toEqual([
      ['b', 'first'],
      ['c', 'second'],
      ['e', 'third'],
    ]);
  });

  it('of runs that wait never push out those of runs in progress', () => {
    const runs = [run('a', [medium]), run('b', [small], { workerId: 's1' })];
    const { starts, teachers, reasons } = place(runs, ['s1', 's2'], [worker('t1', 250)]);
    expect([...starts]).toEqual([]);
    expect(teachers.get('t1')).toEqual(['small']);
    expect(reasons.get('a')).toContain('waits for memory');
  });

  it('of a run that has no others beside it wait for memory too, where they are too many together', () => {
    const runs = [run('a', [medium, small])];
    const { reasons } = place(runs, ['s1'], [worker('t1', 250)]);
    expect(reasons.get('a')).toMatch(
      /^teacher \w+ waits for memory: the teacher workers are full of other teachers$/,
    );
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

describe('quarantined workers', () => {
  const barred = (id: string) => ({ ...worker(id, 1000), barred: new Set(['small']) });

  it('are not given the teacher, and others are', () => {
    const { teachers, starts } = place(
      [run('a', [small, medium])],
      ['s1'],
      [barred('t1'), worker('t2', 1000)],
    );
    expect(teachers.get('t1')).toEqual(['medium']);
    expect(teachers.get('t2')).toEqual(['medium', 'small']);
    expect([...starts]).toEqual([['a', 's1']]);
  });

  it('keep a run waiting, with the reason, if they are all that there are', () => {
    const { starts, reasons } = place([run('a', [small])], ['s1'], [barred('t1'), barred('t2')]);
    expect(starts.size).toBe(0);
    expect(reasons.get('a')).toBe(
      'teacher small has no healthy worker: it is quarantined on all that are connected',
    );
  });
});

describe('GPUs, pretended', () => {
  const measuredMib = (mib: Record<string, number>) =>
    new Map(Object.entries(mib).map(([id, n]) => [id, n * MIB]));
  /** Memory for everything; a GPU with so much. */
  const gpuWorker = (workerId: string, gpuMib: number, mib: Record<string, number> = {}) => ({
    ...worker(workerId, 10_000),
    gpu: {
      uuid: `GPU-of-${workerId}`,
      memoryBytes: gpuMib * MIB,
      memoryBudgetBytes: gpuMib * MIB,
      measured: measuredMib(mib),
    },
  });

  it('hold teachers by what these were measured to take', () => {
    const runs = [run('a', [small, medium])];
    const held = place(runs, ['s1'], [gpuWorker('t1', 900, { small: 500, medium: 400 })]);
    expect(held.teachers.get('t1')).toEqual(['medium', 'small']);
    const crowded = place(runs, ['s1'], [gpuWorker('t1', 899, { small: 500, medium: 400 })]);
    expect(crowded.starts.size).toBe(0);
    expect(crowded.reasons.get('a')).toContain('waits for memory');
  });

  it('hold two teachers on one, and the third on another', () => {
    const third = teacher('third', 150);
    const measured = { small: 400, medium: 400, third: 400 };
    const workers = [gpuWorker('t1', 1_000, measured), gpuWorker('t2', 500, measured)];
    const { teachers, starts } = place([run('a', [small, medium, third])], ['s1'], workers);
    expect([...starts]).toEqual([['a', 's1']]);
    expect([teachers.get('t1')?.length, teachers.get('t2')?.length]).toEqual([2, 1]);
  });

  it('are not promised twice where two workers compute on one', () => {
    const onOne = (workerId: string) => {
      const { gpu, ...own } = gpuWorker(workerId, 1_000, { small: 600, medium: 600 });
      return { ...own, gpu: { ...gpu, uuid: 'GPU-1' } };
    };
    const runs = [run('a', [small, medium])];
    const crowded = place(runs, ['s1'], [onOne('t1'), onOne('t2')]);
    expect(crowded.reasons.get('a')).toContain('waits for memory');
    const held = place([run('a', [small])], ['s1'], [onOne('t1'), onOne('t2')]);
    expect([held.teachers.get('t1'), held.teachers.get('t2')]).toEqual([['small'], []]);
    expect(place(runs, ['s1'], [onOne('t1'), gpuWorker('t2', 600)]).starts.size).toBe(1);
  });

  it('that have not loaded a teacher yet count it as memory would', () => {
    const runs = [run('a', [small])];
    expect(place(runs, ['s1'], [gpuWorker('t1', 100)]).starts.size).toBe(1);
    expect(place(runs, ['s1'], [gpuWorker('t1', 99)]).reasons.get('a')).toBe(
      "teacher small needs 0.1 GiB of a GPU's memory; the largest budget is 0.1 GiB",
    );
  });

  it('count a teacher with its weights at least: its engine may have had room before', () => {
    const big = teacher('big', 3 * 1_000 + 32);
    const { starts } = place([run('a', [big])], ['s1'], [gpuWorker('t1', 999, { big: 1 })]);
    expect(starts.size).toBe(0);
    const { starts: fitting } = place(
      [run('a', [big])],
      ['s1'],
      [gpuWorker('t1', 1_000, { big: 1 })],
    );
    expect(fitting.size).toBe(1);
  });

  it('have nothing to do with teachers that compute elsewhere or not at all', () => {
    for (const engine of ['http', 'open-inference', 'recorded']) {
      const { starts } = place([run('a', [{ ...small, engine }])], ['s1'], [gpuWorker('t1', 1)]);
      expect(starts.size).toBe(1);
    }
  });

  it('that are full leave a teacher to a worker whose processor computes', () => {
    const workers = [gpuWorker('t1', 50), worker('t2', 10_000)];
    const { teachers } = place([run('a', [small])], ['s1'], workers);
    expect([teachers.get('t1'), teachers.get('t2')]).toEqual([[], ['small']]);
  });
});
