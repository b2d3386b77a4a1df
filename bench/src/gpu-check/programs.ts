/** Whole programs on the GPU: one bench and the demo. Their workers end if they cannot compute on the GPU. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Gpu } from '@lyceum/platform';
import { toLyceumError } from '@lyceum/proto';
import { type ChildOptions, runChild } from './child.js';
import { PROGRAM_LIMIT_MS } from './conditions.js';
import type { Measured } from './probe-result.js';

const BENCH = fileURLToPath(new URL('../main.js', import.meta.url));
const DEMO = fileURLToPath(new URL('../../../examples/dist/demo.js', import.meta.url));

/** Least rate with teachers ÷ rate of the student alone, which the bench must achieve. */
const REMOTE_TEACHERS_LEAST = 0.9;

type Outcome = Measured<{ readonly told: string }>;

/** @param gpu - undefined: the processor is used in its place. */
export async function remoteTeachers(gpu: Gpu | undefined, signal: AbortSignal): Promise<Outcome> {
  return told(signal, async () => {
    const args = [BENCH, 'remote-teachers', '--json', '--repetitions', '1', '--short'];
    const { lines, problem } = await runChild([...args, ...flags(gpu)], limits(gpu, signal));
    if (problem !== undefined) return { problem };
    return benchOutcome(JSON.parse(lines.at(-1) ?? '{}') as BenchJson, gpu);
  });
}

export async function demo(gpu: Gpu | undefined, signal: AbortSignal): Promise<Outcome> {
  const out = await mkdtemp(path.join(tmpdir(), 'lyceum-gpu-check-'));
  return told(signal, async () => {
    const { lines, problem } = await runChild(
      [DEMO, '--out', out, ...flags(gpu)],
      limits(gpu, signal),
    );
    if (problem !== undefined) return { problem };
    const report = JSON.parse(await readFile(path.join(out, 'report.json'), 'utf8')) as ReportJson;
    const student = lines.find((line) => line.startsWith('student  '));
    return demoOutcome(report, /[\d.]+ %/.exec(student ?? '')?.[0] ?? 'done', gpu);
  }).finally(() => rm(out, { recursive: true, force: true }));
}

export interface BenchJson {
  readonly value: number;
  readonly details: { readonly studentDevices: readonly string[] };
}

export function benchOutcome({ value, details }: BenchJson, gpu: Gpu | undefined): Outcome {
  const problem = otherDevice(details.studentDevices, gpu);
  if (problem !== undefined) return { problem };
  if (!(value >= REMOTE_TEACHERS_LEAST)) {
    return { problem: `${value}, want ${REMOTE_TEACHERS_LEAST}` };
  }
  return { told: value.toFixed(2) };
}

export interface ReportJson {
  readonly environment: {
    readonly studentWorker: { readonly device: string };
    readonly teacherWorkers: readonly { readonly device: string }[];
  };
}

export function demoOutcome(
  { environment: { studentWorker, teacherWorkers } }: ReportJson,
  accuracy: string,
  gpu: Gpu | undefined,
): Outcome {
  const devices = [studentWorker, ...teacherWorkers].map(({ device }) => device);
  const problem = otherDevice(devices, gpu);
  return problem === undefined ? { told: accuracy } : { problem };
}

function otherDevice(devices: readonly string[], gpu: Gpu | undefined): string | undefined {
  const other = devices.find((device) => device !== gpu?.name);
  return gpu === undefined || other === undefined ? undefined : `${other} computed, not the GPU`;
}

function flags(gpu: Gpu | undefined): string[] {
  return gpu === undefined ? [] : ['--require-gpu'];
}

function limits(gpu: Gpu | undefined, signal: AbortSignal): ChildOptions {
  const env = { CUDA_VISIBLE_DEVICES: gpu?.uuid ?? '-1' };
  return { signal, limitMs: PROGRAM_LIMIT_MS, env, isShown: true };
}

/** The outcome of a run; an error is an outcome too. */
async function told(signal: AbortSignal, run: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await run();
  } catch (thrown) {
    signal.throwIfAborted();
    return { problem: toLyceumError(thrown).message };
  }
}
