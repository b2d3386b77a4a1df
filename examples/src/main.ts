/**
 * `npm run examples -- NAME [--seeds N]`: runs one example in a cluster of its own on this machine. Its table
 * goes to stdout, progress to stderr.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CoordinatorClient } from '@lyceum/cli/client';
import { LocalCluster } from '@lyceum/cli/local-cluster';
import { ENDING_SIGNALS, onInterrupt } from '@lyceum/platform';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { consistent } from './consistent.js';
import { coordinatorCommand } from './coordinator-command.js';
import { crossModal } from './cross-modal.js';
import type { ExampleContext } from './example.js';
import { explain } from './explain.js';
import { fashionSeeds } from './fashion-seeds.js';
import { fourTeachers } from './four-teachers.js';
import { attentionTransfer, hints } from './inner-layers.js';
import { languages } from './languages.js';
import { missingDigit } from './missing-digit.js';
import { noisyTeacher } from './noisy-teacher.js';
import { realServers } from './real-servers.js';
import { studentSizes } from './student-sizes.js';
import { temperatureSweep } from './temperature-sweep.js';

interface Example {
  readonly summary: string;
  /** Whether the example takes `--ask`. */
  readonly asks?: true;
  run(context: ExampleContext): Promise<void>;
}

const EXAMPLES: Readonly<Record<string, Example>> = {
  'fashion-seeds': {
    summary: 'a small student alone and distilled, with few and with all labels, over paired seeds',
    run: fashionSeeds,
  },
  'four-teachers': {
    summary:
      'a TensorFlow.js model, an ONNX model, one behind a server and a black box teach one student',
    run: fourTeachers,
  },
  'cross-modal': {
    summary: 'teachers of three modalities and a student of a fourth, with few and with all labels',
    run: crossModal,
  },
  languages: {
    summary: 'three black boxes name a sentence’s language, and a student under 1 MB learns it',
    run: languages,
  },
  explain: {
    summary:
      'a small chat that answers several times and says why: what checks find, and what it is worth',
    run: explain,
    asks: true,
  },
  consistent: {
    summary: 'a teacher that sees the crop that its student sees, another, or the whole picture',
    run: consistent,
  },
  'missing-digit': {
    summary: 'a student that never saw a 3 recognises it after one bias is corrected',
    run: missingDigit,
  },
  'real-servers': {
    summary: 'MLServer from PyPI as a teacher, whose model is exchanged in the middle of a run',
    run: realServers,
  },
  'temperature-sweep': {
    summary: 'which temperature suits a student of 30 units a layer',
    run: temperatureSweep,
  },
  'noisy-teacher': {
    summary: 'fitted rules against the plain mean, where two of three teachers are bad',
    run: noisyTeacher,
  },
  'student-sizes': {
    summary: 'one sweep over three sizes of students, which asks the teachers once',
    run: studentSizes,
  },
  hints: {
    summary: 'a thin deep student with hints of a wide teacher’s inner layer, and without',
    run: hints,
  },
  'attention-transfer': {
    summary: 'a student that looks where its teacher looks, and one that does not',
    run: attentionTransfer,
  },
};

const USAGE = `usage: npm run examples -- NAME [--seeds N] [--ask FOLDER]

${Object.entries(EXAMPLES)
  .map(([name, { summary }]) => `  ${name}  ${summary}`)
  .join('\n')}

  --seeds N     paired seeds (default 10, at least 2)
  --ask FOLDER  only for explain: asks its teachers again and keeps their answers in FOLDER
`;

const INTERRUPTED = 130;

async function main(signal: AbortSignal): Promise<number> {
  const { example, seeds, ask } = readOptions();
  if (example === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  let cluster: LocalCluster | undefined;
  try {
    cluster = await LocalCluster.start({
      environment: process.env,
      teacherWorkers: 1,
      studentWorkers: 2,
      computeThreads: 1,
      restartWorkers: true,
      logLevel: 'warn',
      log: (line) => process.stderr.write(`${line}\n`),
      signal,
    });
    const context: ExampleContext = {
      coordinator: coordinatorCommand(cluster.address, signal),
      client: new CoordinatorClient(cluster.address),
      cluster,
      cacheFolder: cacheFolder(),
      seeds,
      ...(ask !== undefined && { askFolder: path.resolve(ask) }),
    };
    try {
      await Promise.race([example.run(context), cluster.failed]);
    } finally {
      context.client.close();
    }
    return 0;
  } finally {
    await cluster?.stop();
  }
}

/** Where set-up has put data sets. */
function cacheFolder(): string {
  const folder = process.env['LYCEUM_CACHE'];
  if (folder !== undefined) return folder;
  const message = 'LYCEUM_CACHE is not set; start with `npm run examples`';
  throw new LyceumError('FAILED_PRECONDITION', message);
}

/** `example` is undefined if the arguments name none, or are wrong. */
function readOptions(): {
  readonly example: Example | undefined;
  readonly seeds: number;
  readonly ask?: string | undefined;
} {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { seeds: { type: 'string', default: '10' }, ask: { type: 'string' } },
    });
    const seeds = Number(values.seeds);
    const { ask } = values;
    const example = positionals.length === 1 ? EXAMPLES[positionals[0] ?? ''] : undefined;
    const usable =
      Number.isInteger(seeds) && seeds >= 2 && (ask === undefined || example?.asks === true);
    return { example: usable ? example : undefined, seeds, ask };
  } catch (err) {
    process.stderr.write(`${err instanceof Error ? err.message : String(err)}\n\n`);
    return { example: undefined, seeds: 0 };
  }
}

const interrupted = new AbortController();
onInterrupt(ENDING_SIGNALS, () => interrupted.abort());
try {
  process.exit(await main(interrupted.signal));
} catch (err) {
  if (interrupted.signal.aborted) process.exit(INTERRUPTED);
  process.stderr.write(`error: ${toLyceumError(err).message}\n`);
  process.exit(1);
}
