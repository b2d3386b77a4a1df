/**
 * `npm run gpu-check -- [--pretend-cpu] [--full] [--json]`: does everything work on this machine's GPU, and what is it
 * worth? See `gpu-check/`. Progress goes to stderr, a table in Markdown to stdout. Exit codes: 0 all passed, 1 something
 * failed, 2 usage, 3 there is no GPU.
 */
import { parseArgs } from 'node:util';
import { printable, toLyceumError } from '@lyceum/proto';
import { type GpuCheckResult, gpuCheck } from './gpu-check/gpu-check.js';
import { tableLines } from './gpu-check/verdicts.js';

const USAGE = 'usage: npm run gpu-check -- [--pretend-cpu] [--full] [--json]\n';

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
    process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : shown(result, flags));
    return result.rows.some(({ verdict }) => verdict === 'FAILED') ? 1 : 0;
  } catch (thrown) {
    const { code, message } = toLyceumError(thrown);
    process.stderr.write(`gpu-check: ${printable(message)}\n`);
    return code === 'NOT_FOUND' ? 3 : 1;
  }
}

function shown({ devices, rows }: GpuCheckResult, { pretendCpu }: { pretendCpu: boolean }): string {
  const seen = devices.length === 0 ? 'none' : devices.join('; ');
  const heading = pretendCpu
    ? 'No GPU was used: the processor stands for it, so these figures say nothing of one.'
    : `GPUs: ${seen}.`;
  return `${[heading, '', ...tableLines(rows)].join('\n')}\n`;
}

function parsed() {
  try {
    const { values } = parseArgs({
      options: {
        'pretend-cpu': { type: 'boolean', default: false },
        full: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    return { pretendCpu: values['pretend-cpu'], full: values.full, json: values.json };
  } catch {
    return undefined;
  }
}
