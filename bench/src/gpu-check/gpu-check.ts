/** Runs the probes, each in a process of its own, and puts together what they say. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findGpus, type Gpu } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import type { Measured, ProbeOptions, ProbeResult } from './probe-result.js';
import { programRow, type Row, verdicts } from './verdicts.js';

const PROBE = fileURLToPath(new URL('probe.js', import.meta.url));
const BENCH = fileURLToPath(new URL('../main.js', import.meta.url));
const DEMO = fileURLToPath(new URL('../../../examples/dist/demo.js', import.meta.url));

/** What the teachers' own workers allow, of which a cluster must achieve so much. */
const REMOTE_TEACHERS_LEAST = 0.9;

export interface GpuCheckOptions {
  /** Do everything on the processor: shows that the check itself works. */
  readonly pretendCpu: boolean;
  /** The cluster's benches too: some minutes more. */
  readonly full: boolean;
  readonly signal: AbortSignal;
}

export interface GpuCheckResult {
  /** `NVIDIA L4, 22.5 GiB, driver 580.1`. */
  readonly devices: readonly string[];
  readonly rows: readonly Row[];
}

/** @throws {LyceumError} NOT_FOUND if there is no GPU, and none is pretended. */
export async function gpuCheck({
  pretendCpu,
  full,
  signal,
}: GpuCheckOptions): Promise<GpuCheckResult> {
  const { gpus, problem } = await findGpus(process.env);
  const [gpu] = gpus;
  if (gpu === undefined && !pretendCpu) {
    const why = problem ?? 'nvidia-smi shows none, or CUDA_VISIBLE_DEVICES leaves none';
    const message = `there is no GPU to check: ${why}; --pretend-cpu tries the check itself on the processor`;
    throw new LyceumError('NOT_FOUND', message);
  }
  const device = gpu === undefined || pretendCpu ? 'cpu' : { ...gpu, gpuUuid: gpu.uuid };
  const probe = (on: ProbeOptions['device']) => probed({ device: on, small: pretendCpu }, signal);
  const probes = {
    gpu: [await probe(device), await probe(device)] as const,
    cpu: await probe('cpu'),
  };
  const program = async (name: string, run: () => Promise<Measured<{ told: string }>>) =>
    programRow(name, full ? await run() : 'not run');
  return {
    devices: gpus.map(deviceText),
    rows: [
      ...verdicts(probes, device !== 'cpu'),
      await program('remote-teachers', () => remoteTeachers(signal)),
      await program('the demo’s main job', () => demo(signal)),
    ],
  };
}

async function probed(options: ProbeOptions, signal: AbortSignal): Promise<ProbeResult> {
  const where = options.device === 'cpu' ? 'the processor' : 'the GPU';
  process.stderr.write(`gpu-check: measuring ${where}\n`);
  const { code, stdout } = await child([PROBE, JSON.stringify(options)], signal);
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  if (code !== 0) throw new LyceumError('INTERNAL', `the probe of ${where} ended with ${code}`);
  return JSON.parse(line) as ProbeResult;
}

async function remoteTeachers(signal: AbortSignal): Promise<Measured<{ told: string }>> {
  const { code, stdout } = await child([BENCH, 'remote-teachers', '--json'], signal);
  if (code !== 0) return { problem: `npm run bench -- remote-teachers ended with ${code}` };
  const { value } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}') as { value: number };
  if (!(value >= REMOTE_TEACHERS_LEAST))
    return { problem: `${value}, want ${REMOTE_TEACHERS_LEAST}` };
  return { told: value.toFixed(2) };
}

async function demo(signal: AbortSignal): Promise<Measured<{ told: string }>> {
  const { code, stdout } = await child([DEMO], signal);
  if (code !== 0) return { problem: `npm run demo ended with ${code}` };
  const student = stdout.split('\n').find((line) => line.startsWith('student  '));
  return { told: /[\d.]+ %/.exec(student ?? '')?.[0] ?? 'done' };
}

/** What it says on stderr is for the user. */
function child(
  args: readonly string[],
  signal: AbortSignal,
): Promise<{ code: number | null; stdout: string }> {
  return new Promise((resolve, reject) => {
    const started = spawn(process.execPath, args, { signal, stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    started.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    started.once('error', reject);
    started.once('close', (code) => resolve({ code, stdout }));
  });
}

function deviceText({ name, memoryBytes, driver }: Gpu): string {
  return `${name}, ${(memoryBytes / 1024 ** 3).toFixed(1)} GiB, driver ${driver}`;
}
