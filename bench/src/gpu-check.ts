/**
 * `npm run gpu-check -- [--device cuda:N] [--small] [--pretend-cpu] [--full] [--json]`: does everything work on one of
 * this machine's GPUs, and how fast is it? See `gpu-check/`. Progress goes to stderr, a table in Markdown to stdout.
 * Exit codes: 0 all passed, 1 a check failed or the driver does not answer, 2 usage, 3 there is no such GPU.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { parseGpuFlag } from '@lyceum/platform';
import { printable, toLyceumError } from '@lyceum/proto';
import { COMPUTE_THREADS, TEACHER_ROWS, WORKER_ROWS } from './gpu-check/conditions.js';
import { type GpuCheckResult, gpuCheck } from './gpu-check/gpu-check.js';
import { tableLines } from './gpu-check/rows.js';

const USAGE =
  'usage: npm run gpu-check -- [--device cuda:N] [--small] [--pretend-cpu] [--full] [--json]\n';

process.exitCode = await main();

async function main(): Promise<number> {
  const flags = parsed();
  if (flags === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => interrupted.abort(new Error(`interrupted by ${signal}`)));
  }
  try {
    const result = await gpuCheck({ ...flags, signal: interrupted.signal });
    process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : shown(result));
    return result.rows.some(({ verdict }) => verdict === 'FAILED') ? 1 : 0;
  } catch (thrown) {
    const { code, message } = toLyceumError(thrown);
    process.stderr.write(`gpu-check: ${printable(message)}\n`);
    return code === 'NOT_FOUND' ? 3 : 1;
  }
}

function shown(result: GpuCheckResult): string {
  return `${[...headingLines(result), '', ...tableLines(result.rows)].join('\n')}\n`;
}

function headingLines({ gpu, seen, visible, engines }: GpuCheckResult): string[] {
  const heading =
    gpu === undefined
      ? 'No GPU was used: the processor took its place, so these figures say nothing about a GPU.'
      : `Checked: ${gpu}, of ${seen.length} seen (${seen.join('; ')}).`;
  const processor = cpus()[0]?.model.trim() ?? 'unknown';
  return [
    heading,
    `CUDA_VISIBLE_DEVICES ${visible === undefined ? 'is not set' : `is "${visible}"`}. Engines: ${engines.join(', ')}.`,
    `The processor: ${processor}, ${COMPUTE_THREADS} threads.`,
    `A teacher’s batch: ${TEACHER_ROWS} samples; a full batch, as workers use: ${WORKER_ROWS}.`,
  ];
}

function parsed() {
  try {
    const { values } = parseArgs({
      options: {
        device: { type: 'string', default: 'cuda:0' },
        small: { type: 'boolean', default: false },
        'pretend-cpu': { type: 'boolean', default: false },
        full: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const device = parseGpuFlag(values.device);
    if (device === undefined || typeof device === 'string') return undefined;
    const { full, json } = values;
    const pretendCpu = values['pretend-cpu'];
    return { gpuIndex: device.cuda, pretendCpu, small: values.small || pretendCpu, full, json };
  } catch {
    return undefined;
  }
}
