/**
 * `npm run chaos -- [--scenario NAME] [--seed S] [--blows N] [--steps N] [--json]`: one run with and without
 * disturbances, see `chaos/chaos.ts`. Progress goes to stderr; the last line of stdout is one JSON object. The exit
 * code is 1 if weights differ, a step is missing, repeated or trained on a wrong target, or an event is listed twice.
 */
import { existsSync, readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type ChaosResult, chaos } from './chaos/chaos.js';
import { SCENARIOS } from './chaos/scenarios/index.js';

const NAMES = SCENARIOS.map(({ name }) => name);
const USAGE = `usage: npm run chaos -- [--scenario ${NAMES.join('|')}] [--seed S] [--blows N] [--steps N] [--state-dir DIR] [--json]\n`;

/** Milliseconds of stops and cuts. Within the longest one, a peer notices that a process no longer answers. */
const STOP_MS = [1_000, 3_000, 8_000, 35_000];

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', default: 'plain' },
      seed: { type: 'string', default: '1' },
      blows: { type: 'string', default: '12' },
      steps: { type: 'string', default: '400' },
      'state-dir': { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const [seed, blows, stepCount] = [values.seed, values.blows, values.steps].map(Number);
  const cacheFolder = process.env['LYCEUM_CACHE'];
  const scenario = SCENARIOS.find(({ name }) => name === values.scenario);
  if (
    scenario === undefined ||
    !isCount(seed) ||
    !isCount(blows) ||
    !isCount(stepCount) ||
    stepCount < 1
  ) {
    process.stderr.write(USAGE);
    return 2;
  }
  if (cacheFolder === undefined) {
    process.stderr.write('chaos: LYCEUM_CACHE is not set; start with `npm run chaos`\n');
    return 2;
  }
  const stateDir = values['state-dir'];
  if (stateDir !== undefined && existsSync(stateDir) && readdirSync(stateDir).length > 0) {
    process.stderr.write(
      `chaos: ${stateDir} is not empty; want a new folder: clusters start empty\n`,
    );
    return 2;
  }
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => interrupted.abort(new Error(`interrupted by ${signal}`)));
  }
  const result = await chaos({
    scenario,
    seed,
    blows,
    stepCount,
    stopMs: STOP_MS,
    cacheFolder,
    ...(stateDir !== undefined && { stateDir }),
    log: (line) => process.stderr.write(`chaos: ${line}\n`),
    signal: interrupted.signal,
  });
  if (!values.json) process.stdout.write(`${verdict(result)}\n`);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return isSound(result) ? 0 : 1;
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0;
}

function isSound(result: ChaosResult): boolean {
  const { identicalWeights, stepsMissing, stepsRepeated, wrongTargets } = result;
  const { eventsRepeated, historyDifferences } = result;
  const faults = [stepsMissing, stepsRepeated, wrongTargets, eventsRepeated, historyDifferences];
  return identicalWeights && faults.every((count) => count === 0);
}

function verdict(result: ChaosResult): string {
  return isSound(result)
    ? `the disturbed run's weights are right; it took ${result.slowdown} times as long`
    : 'the disturbed run differs';
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (err: unknown) => {
    process.stderr.write(
      `chaos: ${err instanceof Error ? (err.stack ?? err.message) : String(err)}\n`,
    );
    process.exitCode = 1;
  },
);
