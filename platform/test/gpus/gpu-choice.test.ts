/** Tables of the GPU that is used, by flag, variable and the GPUs present. */
import { describe, expect, test } from 'vitest';
import { type GpuFlag, gpuChoice, parseGpuFlag } from '../../src/gpus/gpu-choice.js';
import type { Gpu } from '../../src/gpus/nvidia-smi.js';
import { visibleGpus } from '../../src/gpus/visible-gpus.js';

const gpu = (uuid: string, name = 'NVIDIA H100'): Gpu => ({
  uuid,
  name,
  driver: '580.1',
  memoryBytes: 2 ** 36,
});
const A = gpu('GPU-aa11');
const B = gpu('GPU-ab22', 'NVIDIA L4');
const PART = gpu('MIG-cc33', 'NVIDIA A100 MIG 1g.5gb');
const SICK: Gpu = { ...gpu('GPU-dd44'), memoryBytes: 0, trouble: 'does not report its memory' };
const ALL = [A, B, PART];

describe('CUDA_VISIBLE_DEVICES', () => {
  test.each<[string | undefined, readonly Gpu[]]>([
    [undefined, ALL],
    ['', []],
    ['-1', []],
    ['NoDevFiles', []],
    ['1', [B]],
    ['1,0', [B, A]],
    [' 1 , 0 ', [B, A]],
    ['0,7,1', [A]],
    ['0,0,1', [A]],
    ['GPU-ab22', [B]],
    ['GPU-ab', [B]],
    ['GPU-a', []],
    ['GPU-', []],
    ['MIG-cc33,0', [PART, A]],
  ])('%j leaves the GPUs that CUDA would see', (variable, seen) => {
    expect(visibleGpus(ALL, variable)).toEqual(seen);
  });
});

describe('--device', () => {
  test.each<[string, GpuFlag | undefined]>([
    ['auto', 'auto'],
    ['cpu', 'cpu'],
    ['cuda', { cuda: 0 }],
    ['cuda:12', { cuda: 12 }],
    ['cuda:', undefined],
    ['cuda:-1', undefined],
    ['gpu', undefined],
    ['', undefined],
  ])('parseGpuFlag reads %j as %j', (text, flag) => {
    expect(parseGpuFlag(text)).toEqual(flag);
  });

  const PROBLEM = 'nvidia-smi: no driver';
  test.each<
    [GpuFlag, readonly Gpu[], string | undefined, boolean, Gpu | 'processor' | RegExp, RegExp?]
  >([
    ['auto', ALL, undefined, false, A],
    ['auto', [], undefined, false, 'processor'],
    ['auto', [], PROBLEM, false, /^nvidia-smi: no driver; --device cpu or --allow-cpu goes on/],
    ['auto', [], PROBLEM, true, 'processor', /^nvidia-smi: no driver; the processor computes$/],
    ['auto', [SICK, B], undefined, false, B],
    [
      'auto',
      [SICK],
      undefined,
      false,
      /there are 1: 0 NVIDIA H100 does not report its memory; --device cpu/,
    ],
    [
      { cuda: 0 },
      [SICK, B],
      undefined,
      false,
      /cuda:0 cannot be used: NVIDIA H100 does not report its memory/,
    ],
    [{ cuda: 1 }, [SICK, B], undefined, false, B],
    ['cpu', ALL, undefined, false, 'processor'],
    ['cpu', [], PROBLEM, false, 'processor'],
    [{ cuda: 1 }, ALL, undefined, false, B],
    [
      { cuda: 2 },
      [A, B],
      undefined,
      false,
      /cuda:2 is not there: there are 2: 0 NVIDIA H100, 1 NV/,
    ],
    [{ cuda: 0 }, [], undefined, false, /cuda:0 is not there: no GPU is seen/],
    [{ cuda: 0 }, [], PROBLEM, false, /cuda:0 is not there: nvidia-smi: no driver/],
    [{ cuda: 0 }, [], undefined, true, 'processor', /no GPU is seen .*; the processor computes/],
  ])('%j of %j, problem %j, --allow-cpu %j', (flag, gpus, problem, allowCpu, wanted, warning) => {
    const choose = () => gpuChoice(flag, { gpus, ...(problem && { problem }) }, allowCpu);
    if (wanted instanceof RegExp) {
      expect(choose).toThrow(wanted);
      return;
    }
    expect(choose().gpu).toEqual(wanted === 'processor' ? undefined : wanted);
    if (warning === undefined) expect(choose().warning).toBeUndefined();
    else expect(choose().warning).toMatch(warning);
  });
});
