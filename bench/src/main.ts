/**
 * `npm run bench -- NAME [--json] [OPTION…]`: runs one measurement. Progress goes to stderr. The last line of stdout
 * is one JSON object; the table above it is for people, and is left out with `--json`.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { ENDING_SIGNALS, onInterrupt } from '@lyceum/platform';
import { answers } from './answers/answers.js';
import { chunkOrder } from './answers/chunk-order.js';
import {
  capacity,
  colocated,
  dashboard,
  memory,
  remoteTeachers,
  storedEpoch,
  teacherKills,
} from './clusters/index.js';
import { coordinator } from './coordinator/coordinator.js';
import { bucketKills } from './data/bucket-kills.js';
import { data } from './data/data.js';
import { dataPlane } from './data-plane/data-plane.js';
import { inference, step } from './engine/index.js';
import { hostile } from './hostile/hostile.js';
import {
  type BenchOptions,
  type BenchResult,
  NotHereError,
  resultLines,
} from './measuring/index.js';
import { pytorch } from './pytorch/pytorch.js';
import { recordResult } from './results/index.js';

interface Options extends BenchOptions {
  readonly python: string | undefined;
  readonly large: boolean;
  readonly requireGpu: boolean;
  readonly short: boolean;
}

interface Bench {
  readonly summary: string;
  /** The bench takes `--python`: one of its sides is in PyTorch. */
  readonly hasPython?: true;
  /** The bench takes `--large`: it then uses a set that takes disk space and minutes. */
  readonly hasLarge?: true;
  /** The bench takes `--short` and `--require-gpu`: it can measure only a part, and on a GPU. */
  readonly hasParts?: true;
  run(options: Options): Promise<BenchResult>;
}

const BENCHES: Readonly<Record<string, Bench>> = {
  answers: {
    summary:
      'bytes of stored answers, their divergence and students’ accuracy, by codec and classes',
    run: answers,
  },
  'bucket-kills': {
    summary:
      'a run on a set in a bucket whose processes are killed ÷ the same undisturbed, same weights',
    run: bucketKills,
    hasLarge: true,
  },
  capacity: {
    summary: 'achieved rate ÷ what teachers and student allow, 1 to 32 workers, unequal teachers',
    run: capacity,
  },
  'chunk-order': {
    summary: 'accuracy in the order of a set in shards − in full order, shards mixed and sorted',
    run: chunkOrder,
  },
  colocated: {
    summary:
      'samples/s of a cluster on this machine ÷ of the same teachers and student in one process',
    run: colocated,
  },
  coordinator: {
    summary: 'CPU per batch and event-loop delay of the coordinator by classes and sessions',
    run: coordinator,
  },
  dashboard: {
    summary: 'processor time and memory of the coordinator for open pages of the dashboard',
    run: dashboard,
  },
  data: {
    summary: 'pictures/s and core of a set in shards ÷ of PyTorch’s DataLoader on the same JPEGs',
    run: data,
    hasPython: true,
    hasLarge: true,
  },
  'data-plane': {
    summary:
      'the coordinator’s processor time per value by stage, and values/s with two data threads ÷ one',
    run: dataPlane,
  },
  hostile: {
    summary: 'how long hostile packages and documents hold the coordinator up, and its memory',
    run: hostile,
  },
  inference: {
    summary: 'teachers’ inference as one graph ÷ operation by operation, samples/s',
    run: inference,
  },
  memory: {
    summary: 'resident memory of every process over a long run',
    run: memory,
  },
  pytorch: {
    summary: 'samples/s from the answer store ÷ of the same distillation in one PyTorch process',
    run: pytorch,
    hasPython: true,
  },
  'remote-teachers': {
    summary: 'student samples/s with 3 remote teachers ÷ the same student alone',
    run: (options) => remoteTeachers({ ...options, eager: false }),
    hasParts: true,
  },
  'remote-teachers-eager': {
    summary: 'the same with steps that run operation by operation',
    run: (options) => remoteTeachers({ ...options, eager: true }),
    hasParts: true,
  },
  'teacher-kills': {
    summary: 'share of samples/s lost with a teacher worker killed every five seconds',
    run: teacherKills,
  },
  step: {
    summary: 'training steps as one graph ÷ operation by operation, samples/s',
    run: step,
  },
  'stored-epoch': {
    summary: 'seconds of an epoch from the answer store ÷ of plain training',
    run: storedEpoch,
  },
};

function namesOf(what: 'hasPython' | 'hasLarge' | 'hasParts'): string {
  const names = Object.keys(BENCHES).filter((name) => BENCHES[name]?.[what]);
  return names.join(' and ');
}

const nameWidth = Math.max(...Object.keys(BENCHES).map((name) => name.length));
const usage = [
  'usage: npm run bench -- NAME [--json] [--repetitions N] [--record] [--python PATH] [--large]',
  '                               [--short] [--require-gpu]',
  ...Object.entries(BENCHES).map(
    ([name, { summary }]) => `  ${name.padEnd(nameWidth)}  ${summary}`,
  ),
  '--json: prints only the JSON line',
  '--repetitions: 3 if not given',
  '--record: writes the result to bench/results/NAME.json, and its table in bench/README.md',
  `--python: for ${namesOf('hasPython')}, a Python with torch, torchvision and numpy`,
  '--short: remote-teachers measures only the convolutional student with 3 workers',
  '--require-gpu: workers of remote-teachers end if they cannot compute on the GPU',
  '--large: data also reads 20 GiB of shards, bucket-kills 10 GiB, written to the temporary folder',
].join('\n');

const CANNOT_BEGIN = 2;
const INTERRUPTED = 130;

/** Parses the arguments. @throws {TypeError} if an option is unknown. */
function parsed() {
  return parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      json: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      repetitions: { type: 'string', default: '3' },
      python: { type: 'string' },
      large: { type: 'boolean', default: false },
      'require-gpu': { type: 'boolean', default: false },
      short: { type: 'boolean', default: false },
    },
  });
}

function refused(problem: string): number {
  process.stderr.write(`bench: ${problem}\n${usage}\n`);
  return CANNOT_BEGIN;
}

async function main(signal: AbortSignal): Promise<number> {
  let given: ReturnType<typeof parsed>;
  try {
    given = parsed();
  } catch (err) {
    return refused((err as TypeError).message);
  }
  const { values, positionals } = given;
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const [name = '', ...more] = positionals;
  const bench = BENCHES[name];
  const repetitions = Number(values.repetitions);
  if (bench === undefined || more.length > 0) {
    return refused(`want one of the benches below, got ${positionals.join(' ') || 'none'}`);
  }
  if (!Number.isInteger(repetitions) || repetitions < 1) {
    return refused(`--repetitions: want a whole number from 1, got ${values.repetitions}`);
  }
  if (values.python !== undefined && !bench.hasPython) {
    return refused(`--python is only for ${namesOf('hasPython')}`);
  }
  if (values.large && !bench.hasLarge) {
    return refused(`--large is only for ${namesOf('hasLarge')}`);
  }
  if ((values['require-gpu'] || values.short) && !bench.hasParts) {
    return refused(`--require-gpu and --short are only for ${namesOf('hasParts')}`);
  }
  if (values.short && values.record) {
    return refused(
      '--record needs a whole result, but --short measures only a part; leave out one of them',
    );
  }
  const loadBefore = loadavg()[0] ?? 0;
  const result = await bench.run({
    repetitions,
    signal,
    python: values.python,
    large: values.large,
    requireGpu: values['require-gpu'],
    short: values.short,
  });
  if (values.record) await recordResult(result, loadBefore);
  if (!values.json) process.stdout.write(`${resultLines(result).join('\n')}\n`);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return 0;
}

const interrupted = new AbortController();
onInterrupt(ENDING_SIGNALS, () => interrupted.abort());
try {
  process.exit(await main(interrupted.signal));
} catch (err) {
  if (interrupted.signal.aborted) process.exit(INTERRUPTED);
  if (err instanceof NotHereError) {
    process.stderr.write(`bench: ${err.message}\n`);
    process.exit(CANNOT_BEGIN);
  }
  process.stderr.write(
    `bench: ${err instanceof Error ? (err.stack ?? err.message) : String(err)}\n`,
  );
  process.exit(1);
}
