/** What workers of a local cluster are told of their device. */
import { expect, test } from 'vitest';
import { workerArguments } from '../../src/local-cluster/cluster-options.js';

test.each(['teacher', 'student'] as const)(
  'a %s worker may compute on the processor, unless the GPU is required',
  (kind) => {
    const cluster = { environment: {}, teacherWorkers: 1, studentWorkers: 1 };
    expect(workerArguments(kind, cluster)).toEqual(['--allow-cpu']);
    expect(workerArguments(kind, { ...cluster, requireGpu: true })).toEqual(['--device', 'cuda']);
  },
);
