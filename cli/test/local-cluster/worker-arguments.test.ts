/** `workerArguments`: the device flags of workers of a local cluster. */
import { expect, test } from 'vitest';
import { workerArguments } from '../../src/local-cluster/cluster-options.js';

test.each(['teacher', 'student'] as const)(
  'workerArguments lets a %s worker compute on the CPU, unless the GPU is required',
  (kind) => {
    const cluster = { environment: {}, teacherWorkers: 1, studentWorkers: 1 };
    expect(workerArguments(kind, cluster)).toEqual(['--allow-cpu']);
    expect(workerArguments(kind, { ...cluster, requireGpu: true })).toEqual(['--device', 'cuda']);
  },
);
