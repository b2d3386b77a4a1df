/**
 * `npm run simulate -- [--seed N] [--schedules N] [--schedule N] [--json]`: runs the coordinator's state machines in a
 * simulated world in which everything can fail, see `simulate/play-schedule.ts`. `--schedule` plays only one schedule.
 * The last line of stdout is one JSON object with `--json`, else a sentence. If a promise was broken, the exit code is
 * 1 and the events that led there are printed; the same arguments give the same events.
 */
import { parseArgs } from 'node:util';
import { type SimulationResult, simulate } from './simulate/simulate.js';

const USAGE = 'usage: npm run simulate -- [--seed N] [--schedules N] [--schedule N] [--json]\n';

function main(): number {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      schedules: { type: 'string', default: '10000' },
      schedule: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed);
  const firstSchedule = Number(values.schedule ?? 0);
  const schedules = values.schedule === undefined ? Number(values.schedules) : 1;
  if (![seed, schedules, firstSchedule].every(isCount)) {
    process.stderr.write(USAGE);
    return 2;
  }
  const result = simulate({ seed, schedules, firstSchedule }, () => performance.now());
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : verdict(result));
  return result.violation === undefined ? 0 : 1;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function verdict({
  seed,
  schedules,
  seconds,
  schedulesPerSecond,
  violation,
}: SimulationResult): string {
  if (violation === undefined) {
    return `${schedules} schedules of seed ${seed} kept every promise (${seconds} s, ${schedulesPerSecond} a second)\n`;
  }
  const { trace, schedule, rule, message } = violation;
  return `${trace.join('\n')}\nseed ${seed}, schedule ${schedule} broke ${rule}: ${message}\n`;
}

try {
  process.exitCode = main();
} catch (err) {
  process.stderr.write(`simulate: ${err instanceof Error ? err.message : String(err)}\n`);
  process.exitCode = 2;
}
