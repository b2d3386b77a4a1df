/**
 * A table of where a teacher is opened, by the worker's GPU, its flags, and its engine's abilities. Engines are
 * stand-ins.
 */
import { ANSWER_NOISE } from '@lyceum/learning/models';
import type { Engine } from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';
import { describe, expect, it, test } from 'vitest';
import type { TeacherEngine, TeacherPlacement } from '../../../src/compute/engine/index.js';
import type { LocalOpener } from '../../../src/compute/engines/local-opener.js';
import { onDevice } from '../../../src/compute/engines/on-device.js';
import type { WorkerGpu } from '../../../src/compute/engines/teacher-device.js';

const L4 = { name: 'NVIDIA L4', driver: '580.1', allowCpu: false, isFast: false };
const MISSING = 'its library is missing';

const FAILURES = {
  'not after all': new LyceumError('FAILED_PRECONDITION', 'CUDA failure 35'),
  'not any more': new LyceumError('FAILED_PRECONDITION', 'lost its GPU: CUDA_ERROR_LAUNCH_FAILED'),
  'not this model': new LyceumError('INVALID_ARGUMENT', 'no such operation'),
  'not so much': new LyceumError('RESOURCE_EXHAUSTED', 'too little memory'),
};

interface Case {
  readonly gpu?: WorkerGpu;
  /** Absent: the engine computes nothing. */
  readonly can?: 'all' | 'exact' | 'nothing' | keyof typeof FAILURES;
}

/** The result of opening: the devices that were tried, and the warnings. */
async function opened({ gpu, can }: Case) {
  const tried: string[] = [];
  const told: TeacherPlacement[] = [];
  const failure = Object.entries(FAILURES).find(([what]) => what === can)?.[1];
  const opener: LocalOpener = {
    format: 'onnx',
    ...(can && { gpuProblem: () => (can === 'nothing' ? MISSING : undefined) }),
    isExactOnGpu: can === 'exact',
    open: (_model, _options, { device }) => {
      tried.push(device);
      if (device === 'cuda' && failure !== undefined) throw failure;
      return {} as TeacherEngine;
    },
  };
  const options = { placed: (where: TeacherPlacement) => told.push(where) };
  const engine = { device: 'cpu EPYC' } as Engine;
  const error = await Promise.resolve(
    onDevice(opener).open({} as never, options as never, { engine, computeThreads: 1, gpu }),
  ).then(
    () => undefined,
    (err: LyceumError) => err,
  );
  return { tried, told, error };
}

test.each<[string, Case, string[], TeacherPlacement[]]>([
  ['no GPU', { can: 'exact' }, ['cpu'], []],
  ['an engine that computes nothing', { gpu: L4 }, ['cpu'], []],
  ['an engine with equal bits', { gpu: L4, can: 'exact' }, ['cuda'], [{}]],
  [
    'an engine without',
    { gpu: L4, can: 'all' },
    ['cuda'],
    [{ bitsMayDiffer: true, answerNoise: ANSWER_NOISE.float32 }],
  ],
  [
    '--determinism fast',
    { gpu: { ...L4, isFast: true }, can: 'exact' },
    ['cuda'],
    [{ bitsMayDiffer: true, answerNoise: ANSWER_NOISE.tf32 }],
  ],
  [
    '--allow-cpu, and a library that is missing',
    { gpu: { ...L4, allowCpu: true }, can: 'nothing' },
    ['cpu'],
    [{ device: 'cpu EPYC', warning: `NVIDIA L4 cannot compute it: ${MISSING}` }],
  ],
  [
    '--allow-cpu, and a driver that refuses',
    { gpu: { ...L4, allowCpu: true }, can: 'not after all' },
    ['cuda', 'cpu'],
    [{ device: 'cpu EPYC', warning: 'NVIDIA L4 cannot compute it: CUDA failure 35' }],
  ],
])('onDevice chooses the device with %s', async (_, given, tried, told) => {
  expect(await opened(given)).toEqual({ tried, told, error: undefined });
});

describe('onDevice when the GPU fails', () => {
  it.each<['nothing' | 'not after all', string[], string]>([
    ['nothing', [], MISSING],
    ['not after all', ['cuda'], 'CUDA failure 35'],
  ])('refuses when the GPU can compute "%s", and names --allow-cpu', async (can, tried, why) => {
    const result = await opened({ gpu: L4, can });
    expect(result).toMatchObject({ tried, told: [] });
    expect(result.error?.code).toBe('FAILED_PRECONDITION');
    expect(result.error?.message).toBe(
      `NVIDIA L4 cannot compute it: ${why}; a worker started with --allow-cpu or --device cpu computes it on the processor`,
    );
  });

  it.each<['not any more' | 'not this model' | 'not so much', string]>([
    ['not any more', 'FAILED_PRECONDITION'],
    ['not this model', 'INVALID_ARGUMENT'],
    ['not so much', 'RESOURCE_EXHAUSTED'],
  ])('keeps the error "%s" with --allow-cpu too', async (can, code) => {
    const result = await opened({ gpu: { ...L4, allowCpu: true }, can });
    expect(result).toMatchObject({ tried: ['cuda'], told: [], error: { code } });
  });
});
