// Small clusters with the placement that each must get.
import { describe, expect, it } from 'vitest';
import { place, type RunNeed } from '../../src/placement/placement.js';
import {
  TEACHER_MEMORY_BYTES,
  TEACHER_MEMORY_FACTOR,
  type TeacherPlace,
} from '../../src/placement/worker-load.js';

const MIB = 1024 * 1024;

/** A teacher that takes `memoryMib` of a worker's budget. */
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

describe('placement of student workers', () => {
  it('gives them to runs in the order of submission, and others a reason', () => {
    const runs = [run('a', []), run('b', []), run('c', [])];
    const { starts, reasons } = place(runs, ['s1', 's2'], []);
    expect([...starts]).toEqual([
      ['a', 's1'],
      ['b', 's2'],
    ]);
    expect([...reasons]).toEqual([['c', 'no student worker is free (2 of 2 busy with a, b)']]);
  });

  it('leaves a student worker its run', () => {
    const runs = [run('a', []), run('b', [], { workerId: 's1' })];
    const { starts, reasons } = place(runs, ['s1'], []);
    expect([...starts]).toEqual([]);
    expect(reasons.get('a')).toBe('no student worker is free (1 of 1 busy with b)');
  });

  it('avoids workers on which the run failed while another is free', () => {
    const failed = { ...run('a', []), failedOn: ['s1', 's2'] };
    expect(place([failed], ['s1', 's2', 's3'], []).starts.get('a')).toBe('s3');
    const both = place([run('b', [], { workerId: 's3' }), failed], ['s1', 's2', 's3'], []);
    expect(both.starts.get('a')).toBe('s1');
  });

  it('gives a reason if no student worker is connected', () => {
    expect(place([run('a', [])], [], []).reasons.get('a')).toBe('no student worker is connected');
  });

  it('gives none to a run whose teacher does not fit on any worker', () => {
    const runs = [run('a', [teacher('big', 3_200)]), run('b', [small])];
    const { starts, reasons } = place(runs, ['s1'], [worker('t1', 2_048)]);
    expect([...starts]).toEqual([['b', 's1']]);
    expect(reasons.get('a')).toBe('teacher big needs 3.1 GiB; the largest budget is 2 GiB');
  });
});

describe('placement of teachers', () => {
  it('puts all teachers on every worker that has room', () => {
    const runs = [run('a', [small, medium], { workerId: 's1' })];
    const { teachers } = place(runs, ['s1'], [worker('t1', 300), worker('t2', 400)]);
    expect([...teachers]).toEqual([
      ['t1', ['medium', 'small']],
      ['t2', ['medium', 'small']],
    ]);
  });

  it('puts each teacher somewhere and fills the remaining room if not all fit on one worker', () => {
    const three = ['x', 'y', 'z'].map((name) => teacher(name, 100));
    const runs = [run('a', three, { workerId: 's1' })];
    const { teachers, reasons } = place(runs, ['s1'], [worker('t1', 200), worker('t2', 250)]);
    expect(new Set([...teachers.values()].flat())).toEqual(new Set(['x', 'y', 'z']));
    expect([...teachers.values()].map((list) => list.length)).toEqual([2, 2]);
    expect(reasons.size).toBe(0);
  });

  it('leaves teachers where they are loaded', () => {
    const runs = [run('a', [teacher('x', 100), teacher('y', 100)], { workerId: 's1' })];
    const workers = [worker('t1', 100, ['y']), worker('t2', 150, ['x'])];
    expect([...place(runs, ['s1'], workers).teachers]).toEqual([
      ['t1', ['y']],
      ['t2', ['x']],
    ]);
  });

  describe('on workers that hold one teacher each', () => {
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

    it('gives unmeasured teachers equally many workers, and the slowest measured one the most', () => {
      const workers = Array.from({ length: 9 }, (_, i) => worker(`t${i + 1}`, 100));
      expect(holders(place(runs, ['s1'], workers).teachers)).toEqual({ x: 3, y: 3, z: 3 });
      // 6.5 ÷ 7 and 1 ÷ 1 a worker: nothing is more even.
      const measured = place(runs, ['s1'], workers, seconds);
      expect(holders(measured.teachers)).toEqual({ x: 1, y: 1, z: 7 });
    });

    it('takes an unmeasured teacher to be as slow as the average of the others', () => {
      const workers = Array.from({ length: 6 }, (_, i) => worker(`t${i + 1}`, 100));
      const two = new Map([['x', 0.001], ['y', 0.003]]); // biome-ignore format: one line
      expect(holders(place(runs, ['s1'], workers, two).teachers)).toEqual({ x: 1, y: 3, z: 2 });
    });

    it('moves a worker to a teacher only if its load is over twice what the giving one then has', () => {
      const workers = ['x', 'x', 'x', 'y', 'z'].map((id, i) => worker(`t${i}`, 100, [id]));
      const withY = (y: number) => new Map([['x', 0.001], ['y', y], ['z', 0.001]]); // biome-ignore format: one line
      const placed = (y: number) => holders(place(runs, ['s1'], workers, withY(y)).teachers);
      // x with two of its three workers: 1 ÷ 2.
      expect(placed(0.001)).toEqual({ x: 3, y: 1, z: 1 });
      expect(placed(0.0015)).toEqual({ x: 2, y: 2, z: 1 });
    });

    it('moves one worker at a time to a much slower teacher, and then none', () => {
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
      // 6.5 ÷ 5 is not more than twice the 1 ÷ 1 of a teacher that would give a worker.
      expect(seen.slice(2)).toEqual(Array(4).fill({ x: 2, y: 2, z: 5 }));
    });

    it('moves no teacher when measured speeds vary', () => {
      const workers = ['x', 'x', 'y', 'y', 'z', 'z'].map((id, i) => worker(`t${i}`, 100, [id]));
      for (const z of [0.0005, 0.0009, 0.0015, 0.002]) {
        const wavering = new Map([...seconds, ['z', z]]);
        const { teachers } = place(runs, ['s1'], workers, wavering);
        expect([...teachers.values()].flat()).toEqual(['x', 'x', 'y', 'y', 'z', 'z']);
      }
    });
  });

  it("gives each run that needs a teacher without a place a reason with the run's name for it", () => {
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

  it('does not replace teachers of runs in progress by those of waiting runs', () => {
    const runs = [run('a', [medium]), run('b', [small], { workerId: 's1' })];
    const { starts, teachers, reasons } = place(runs, ['s1', 's2'], [worker('t1', 250)]);
    expect([...starts]).toEqual([]);
    expect(teachers.get('t1')).toEqual(['small']);
    expect(reasons.get('a')).toContain('waits for memory');
  });

  it('makes a single run wait for memory if its teachers do not fit together', () => {
    const runs = [run('a', [medium, small])];
    const { reasons } = place(runs, ['s1'], [worker('t1', 250)]);
    expect(reasons.get('a')).toMatch(
      /^teacher \w+ waits for memory: the teacher workers are full of other teachers$/,
    );
  });

  it('gives a run in progress a reason if no teacher worker is connected', () => {
    const runs = [run('a', [small], { workerId: 's1' })];
    expect(place(runs, ['s1'], []).reasons.get('a')).toBe('no teacher worker is connected');
  });

  it('loads no teachers of a run that waits for a student worker', () => {
    const { teachers } = place([run('a', [small])], [], [worker('t1', 1_000)]);
    expect([...teachers]).toEqual([['t1', []]]);
  });
});

describe('placement on quarantined workers', () => {
  const barred = (id: string) => ({ ...worker(id, 1000), barred: new Set(['small']) });

  it('puts the teacher on other workers only', () => {
    const { teachers, starts } = place(
      [run('a', [small, medium])],
      ['s1'],
      [barred('t1'), worker('t2', 1000)],
    );
    expect(teachers.get('t1')).toEqual(['medium']);
    expect(teachers.get('t2')).toEqual(['medium', 'small']);
    expect([...starts]).toEqual([['a', 's1']]);
  });

  it('gives a run a reason if all workers are quarantined with its teacher', () => {
    const { starts, reasons } = place([run('a', [small])], ['s1'], [barred('t1'), barred('t2')]);
    expect(starts.size).toBe(0);
    expect(reasons.get('a')).toBe(
      'teacher small has no healthy worker: it is quarantined on all that are connected',
    );
  });
});

describe('placement on GPUs', () => {
  const measuredMib = (mib: Record<string, number>) =>
    new Map(Object.entries(mib).map(([id, n]) => [id, n * MIB]));
  /** A worker with memory for everything and a GPU with `gpuMib`. */
  const gpuWorker = (workerId: string, gpuMib: number, mib: Record<string, number> = {}) => ({
    ...worker(workerId, 10_000),
    gpu: {
      uuid: `GPU-of-${workerId}`,
      memoryBytes: gpuMib * MIB,
      memoryBudgetBytes: gpuMib * MIB,
      measured: measuredMib(mib),
    },
  });

  it('counts teachers with their measured memory', () => {
    const runs = [run('a', [small, medium])];
    const held = place(runs, ['s1'], [gpuWorker('t1', 900, { small: 500, medium: 400 })]);
    expect(held.teachers.get('t1')).toEqual(['medium', 'small']);
    const crowded = place(runs, ['s1'], [gpuWorker('t1', 899, { small: 500, medium: 400 })]);
    expect(crowded.starts.size).toBe(0);
    expect(crowded.reasons.get('a')).toContain('waits for memory');
  });

  it('puts two teachers on one GPU and the third on another', () => {
    const third = teacher('third', 150);
    const measured = { small: 400, medium: 400, third: 400 };
    const workers = [gpuWorker('t1', 1_000, measured), gpuWorker('t2', 500, measured)];
    const { teachers, starts } = place([run('a', [small, medium, third])], ['s1'], workers);
    expect([...starts]).toEqual([['a', 's1']]);
    expect([teachers.get('t1')?.length, teachers.get('t2')?.length]).toEqual([2, 1]);
  });

  it('shares the memory of a GPU between two workers that use it', () => {
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

  it('counts a teacher that was not measured on the GPU as in main memory', () => {
    const runs = [run('a', [small])];
    expect(place(runs, ['s1'], [gpuWorker('t1', 100)]).starts.size).toBe(1);
    expect(place(runs, ['s1'], [gpuWorker('t1', 99)]).reasons.get('a')).toBe(
      "teacher small needs 0.1 GiB of a GPU's memory; the largest budget is 0.1 GiB",
    );
  });

  it('counts a teacher with the size of its weights if less was measured', () => {
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

  it('ignores the GPU for teachers that compute elsewhere or not at all', () => {
    for (const engine of ['http', 'open-inference', 'recorded']) {
      const { starts } = place([run('a', [{ ...small, engine }])], ['s1'], [gpuWorker('t1', 1)]);
      expect(starts.size).toBe(1);
    }
  });

  it('puts a teacher on a worker without a GPU if the GPU is too small', () => {
    const workers = [gpuWorker('t1', 50), worker('t2', 10_000)];
    const { teachers } = place([run('a', [small])], ['s1'], workers);
    expect([teachers.get('t1'), teachers.get('t2')]).toEqual([[], ['small']]);
  });
});
