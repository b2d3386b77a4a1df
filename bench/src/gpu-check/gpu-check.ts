/** Runs the probes, each in a process of its own, and puts their results together. */
import { fileURLToPath } from 'node:url';
import { onnxRuntimeVersion } from '@lyceum/learning/onnx';
import { findGpus, type Gpu, gpuTrouble } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import { runChild } from './child.js';
import { PROBE_LIMIT_MS } from './conditions.js';
import { isMeasured, type ProbeOptions, type ProbeResult, probeResult } from './probe-result.js';
import { demo, remoteTeachers } from './programs.js';
import { programRow, type Row } from './rows.js';
import { verdicts } from './verdicts.js';

const PROBE = fileURLToPath(new URL('probe.js', import.meta.url));

/** With these variables TensorFlow says why it finds no GPU, and which libraries it lacks. */
const TALKATIVE = { TF_CPP_MIN_LOG_LEVEL: '0', TF_CPP_VMODULE: 'dso_loader=1' };
const SHOWN_LINES = 20;

const ALL_PARTS = ['engine', 'teacher', 'fullBatch', 'student', 'onnx', 'together'] as const;

export interface GpuCheckOptions {
  /** Use the processor in place of the GPU, to try the check itself. */
  readonly pretendCpu: boolean;
  /** Use a small teacher that a processor computes in a moment, to try the check itself. No speed is expected. */
  readonly small: boolean;
  /** Also run the bench remote-teachers and the demo: this takes at most an hour more. */
  readonly full: boolean;
  /** Index of the GPU among the visible GPUs, from 0. */
  readonly gpuIndex: number;
  readonly signal: AbortSignal;
}

export interface GpuCheckResult {
  /** The GPU, as `NVIDIA L4, 22.5 GiB, driver 580.1`; undefined: the processor was used in its place. */
  readonly gpu: string | undefined;
  /** `seen`: all visible GPUs; `visible`: the value of CUDA_VISIBLE_DEVICES. */
  readonly seen: readonly string[];
  readonly visible: string | undefined;
  /** Names and versions, `tensorflow 2.21.0`, `onnxruntime 1.26.0`. */
  readonly engines: readonly string[];
  readonly rows: readonly Row[];
}

/**
 * Runs the check. Every failure is a row.
 *
 * @throws {LyceumError} NOT_FOUND if there is no such GPU, FAILED_PRECONDITION if the GPU or the driver does not
 *   answer. With `pretendCpu` neither is thrown.
 */
export async function gpuCheck(options: GpuCheckOptions): Promise<GpuCheckResult> {
  const { pretendCpu, small, full, gpuIndex, signal } = options;
  const visible = process.env['CUDA_VISIBLE_DEVICES'];
  const { gpus, problem } = await findGpus(process.env);
  const gpu = pretendCpu ? undefined : chosen(gpus, gpuIndex, problem);
  const device = gpu ?? 'cpu';
  const probe = (name: string, asked: Partial<ProbeOptions>) =>
    probed(name, { device, determinism: 'strict', small, parts: ALL_PARTS, ...asked }, signal);
  const probes = {
    gpu: await probe('the GPU', {}),
    again: await probe('the GPU again', { parts: ['engine', 'teacher', 'student'] }),
    fast: await probe('the GPU, fast', { determinism: 'fast', parts: ['engine', 'teacher'] }),
    cpu: await probe('the processor', {
      device: 'cpu',
      parts: ['engine', 'teacher', 'student', 'onnx'],
    }),
  };
  const programs: Row[] = [];
  for (const [name, run] of [
    ['remote-teachers', remoteTeachers],
    ['the demo’s main job', demo],
  ] as const) {
    programs.push(programRow(name, full ? await run(gpu, signal) : 'not run'));
  }
  return {
    gpu: gpu && deviceText(gpu),
    seen: gpus.map(deviceText),
    visible,
    engines: [`onnxruntime ${onnxRuntimeVersion()}`, ...versionsOf(probes.gpu)],
    rows: [...verdicts(probes, gpu !== undefined && !small), ...programs],
  };
}

function chosen(gpus: readonly Gpu[], index: number, problem: string | undefined): Gpu {
  if (problem !== undefined) throw new LyceumError('FAILED_PRECONDITION', problem);
  const gpu = gpus[index];
  const trouble = gpu && gpuTrouble(gpu);
  if (trouble !== undefined) throw new LyceumError('FAILED_PRECONDITION', trouble);
  if (gpu !== undefined) return gpu;
  const why =
    gpus.length === 0
      ? 'nvidia-smi shows none, or CUDA_VISIBLE_DEVICES leaves none'
      : `visible GPUs: ${gpus.length}, none is cuda:${index}`;
  const message = `there is no GPU to check: ${why}; --pretend-cpu tries the check itself on the processor`;
  throw new LyceumError('NOT_FOUND', message);
}

async function probed(
  name: string,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<ProbeResult> {
  process.stderr.write(`gpu-check: measuring ${name}\n`);
  const env = options.device === 'cpu' ? {} : TALKATIVE;
  const args = [PROBE, JSON.stringify(options)];
  const { lines, stderr, problem } = await runChild(args, { signal, limitMs: PROBE_LIMIT_MS, env });
  const result = probeResult(lines, problem);
  const isWell =
    problem === undefined &&
    options.parts.every((part) => isMeasured<object>(result[part])) &&
    isMeasured(result.engine) &&
    result.engine.unused === undefined;
  if (!isWell) {
    const said = stderr.trimEnd().split('\n').slice(-SHOWN_LINES);
    process.stderr.write(`${[`gpu-check: ${name} said:`, ...said].join('\n  ')}\n`);
  }
  return result;
}

function versionsOf({ engine }: ProbeResult): string[] {
  return isMeasured(engine) ? [engine.version] : [];
}

function deviceText({ name, memoryBytes, driver }: Gpu): string {
  return `${name}, ${(memoryBytes / 1024 ** 3).toFixed(1)} GiB, driver ${driver}`;
}
