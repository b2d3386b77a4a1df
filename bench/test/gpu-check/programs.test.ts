/** Reports as a GPU and a CPU would give them. */
import { expect, test } from 'vitest';
import { benchOutcome, demoOutcome } from '../../src/gpu-check/programs.js';

const GPU = { uuid: 'GPU-1', name: 'NVIDIA L4', driver: '580.1', memoryBytes: 1 };
const CPU = 'cpu Intel';

test('benchOutcome fails below 0.9, and when a student did not compute on the GPU', () => {
  const bench = (value: number, ...studentDevices: string[]) =>
    benchOutcome({ value, details: { studentDevices } }, GPU);
  expect(bench(0.97, GPU.name)).toEqual({ told: '0.97' });
  expect(bench(0.8, GPU.name)).toEqual({ problem: '0.8, want 0.9' });
  expect(bench(0.97, GPU.name, CPU)).toEqual({ problem: 'cpu Intel computed, not the GPU' });
  expect(benchOutcome({ value: 1, details: { studentDevices: [CPU] } }, undefined)).toEqual({
    told: '1.00',
  });
});

test('demoOutcome fails unless the student and every teacher had the GPU', () => {
  const demo = (student: string, ...teachers: string[]) =>
    demoOutcome(
      {
        environment: {
          studentWorker: { device: student },
          teacherWorkers: teachers.map((device) => ({ device })),
        },
      },
      '97.1 %',
      GPU,
    );
  expect(demo(GPU.name, GPU.name)).toEqual({ told: '97.1 %' });
  const other = { problem: 'cpu Intel computed, not the GPU' };
  expect(demo(CPU, GPU.name)).toEqual(other);
  expect(demo(GPU.name, GPU.name, CPU)).toEqual(other);
});
