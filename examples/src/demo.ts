/**
 * `npm run demo`: the main job on real digits.
 *
 * Starts a cluster of processes of its own (NATS, coordinator, three teacher workers, a student worker) and
 * does through the `coordinator` command what a person would do: push the data, train three teachers, train
 * the student on all labels for reference, distil into it with 200 labels, read the report. Leaves
 * the report as a page and as JSON, the predictions and the student's model in the output folder, and no process.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { LocalCluster } from '@lyceum/cli/local-cluster';
import { ENDING_SIGNALS, onInterrupt } from '@lyceum/platform';
import { toLyceumError } from '@lyceum/proto';
import {
  CommandFailed,
  type CoordinatorCommand,
  coordinatorCommand,
} from './coordinator-command.js';

const SPECIFICATIONS = fileURLToPath(new URL('../digits/', import.meta.url));

/** File of the specification, run id and purpose, in the order in which the runs are submitted. */
const TEACHERS = [
  ['teacher-wide', 'digits-wide', 'teacher 1 of 3: a wide perceptron'],
  ['teacher-lenet', 'digits-lenet', 'teacher 2 of 3: LeNet'],
  ['teacher-conv', 'digits-conv', 'teacher 3 of 3: a convolutional net'],
] as const;
const ALL_LABELS = [
  'student-all-labels',
  'digits-all-labels',
  'for reference: the student trained on all labels',
] as const;
const DISTILLATION = [
  'distillation',
  'digits',
  'the student distilled from all three, with 200 labels; and alone',
] as const;

const USAGE = `usage: npm run demo -- [--out DIR] [--coordinator ADDRESS] [--suffix TEXT] [--set PATH=VALUE]…
                             [--require-gpu]

Distils three teachers into a small student on MNIST digits, in a cluster on this machine.

  --out DIR              where the report, the predictions and the student go (default ./lyceum-demo)
  --coordinator ADDRESS  use the cluster of this coordinator instead of one of its own
  --suffix TEXT          is added to all run names, so that one cluster can run the demo again
  --set PATH=VALUE       changes a field of every run, spec.training.epochs=1
  --require-gpu          workers end if they cannot compute on the GPU; not with --coordinator
`;

interface DemoOptions {
  readonly out: string;
  readonly coordinator: string | undefined;
  readonly suffix: string;
  /** As `submit --set` takes them. */
  readonly changes: readonly string[];
  /** Workers of the demo's own cluster end if they cannot compute on the GPU. */
  readonly requireGpu: boolean;
}

const INTERRUPTED = 130;

async function demo(options: DemoOptions, signal: AbortSignal): Promise<void> {
  const startedMs = Date.now();
  await mkdir(options.out, { recursive: true });
  const { coordinator } = options;
  if (coordinator === undefined) await inOwnCluster(options, signal);
  else {
    const tlsDir = process.env['LYCEUM_TLS_DIR'];
    await mainJob(coordinatorCommand(coordinator, signal, tlsDir), options);
  }
  const seconds = Math.round((Date.now() - startedMs) / 1000);
  process.stdout.write(
    `\nThe demo took ${seconds} s. In ${options.out}: report.json, predictions.npz, student/
Open the report: ${pathToFileURL(path.join(options.out, 'report.html'))}\n`,
  );
}

async function inOwnCluster(options: DemoOptions, signal: AbortSignal): Promise<void> {
  const stateDir = await mkdtemp(path.join(options.out, 'cluster-'));
  let done = false;
  let cluster: LocalCluster | undefined;
  try {
    title('a cluster on this machine');
    cluster = await LocalCluster.start({
      environment: process.env,
      teacherWorkers: 3,
      studentWorkers: 1,
      stateDir,
      requireGpu: options.requireGpu,
      restartWorkers: true,
      log: (line) => process.stderr.write(`${line}\n`),
      signal,
    });
    const coordinator = coordinatorCommand(cluster.address, signal);
    await Promise.race([mainJob(coordinator, options), cluster.failed]);
    done = true;
  } finally {
    if (signal.aborted) process.stderr.write('\nstopping the cluster\n');
    await cluster?.stop();
    // After a failure the folder stays, since it holds the logs.
    if (done || signal.aborted) await rm(stateDir, { recursive: true });
  }
}

async function mainJob(
  coordinator: CoordinatorCommand,
  { out, suffix, changes }: DemoOptions,
): Promise<void> {
  title('data: 10,000 MNIST digits');
  process.stdout.write(await coordinator('datasets', 'push', 'digits', 'digits'));
  const named = (runId: string) => (suffix === '' ? runId : `${runId}-${suffix}`);
  const finish = async (
    [file, runId, purpose]: readonly [string, string, string],
    references: readonly string[] = [],
  ) => {
    title(purpose);
    const names = suffix === '' ? [] : [`metadata.name=${named(runId)}`, ...references];
    const settings = [...changes, ...names].flatMap((change) => ['--set', change]);
    await coordinator('submit', path.join(SPECIFICATIONS, `${file}.yaml`), ...settings, '--watch');
  };
  for (const teacher of TEACHERS) await finish(teacher);
  await finish(ALL_LABELS);
  await finish(DISTILLATION, [
    ...TEACHERS.map(([, runId], index) => `spec.teachers[${index}].model=run:${named(runId)}`),
    `spec.student.references.studentAllLabels=run:${named(ALL_LABELS[1])}`,
  ]);

  title('the results');
  const runId = named(DISTILLATION[1]);
  const files = [
    ...['--predictions', path.join(out, 'predictions.npz')],
    ...['--html', path.join(out, 'report.html')],
  ];
  const report = await coordinator('report', runId, ...files, '--force', '--output', 'json');
  await writeFile(path.join(out, 'report.json'), report);
  await coordinator('pull', runId, '--out', path.join(out, 'student'), '--force');
  process.stdout.write(`\n${await coordinator('report', runId)}`);
}

function title(text: string): void {
  process.stderr.write(`\n== ${text}\n`);
}

function readOptions(): DemoOptions {
  try {
    const { values } = parseArgs({
      options: {
        out: { type: 'string', default: 'lyceum-demo' },
        coordinator: { type: 'string' },
        suffix: { type: 'string', default: '' },
        set: { type: 'string', multiple: true, default: [] },
        'require-gpu': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    const { out, coordinator, suffix, set: changes } = values;
    const requireGpu = values['require-gpu'];
    if (requireGpu && coordinator !== undefined) {
      throw new Error('--require-gpu cannot be used with --coordinator');
    }
    return { out: path.resolve(out), coordinator, suffix, changes, requireGpu };
  } catch (err) {
    process.stderr.write(`${err instanceof Error ? err.message : String(err)}\n\n${USAGE}`);
    process.exit(2);
  }
}

const options = readOptions();
const interrupted = new AbortController();
onInterrupt(ENDING_SIGNALS, () => {
  process.stderr.write('\nending\n');
  interrupted.abort();
});
try {
  await demo(options, interrupted.signal);
} catch (err) {
  if (interrupted.signal.aborted) process.exit(INTERRUPTED);
  // A failed command has printed its reason to stderr.
  const message = err instanceof CommandFailed ? err.message : toLyceumError(err).message;
  process.stderr.write(`error: ${message}\n`);
  if (options.coordinator === undefined) {
    process.stderr.write(`the cluster's logs are in ${options.out}/cluster-…/logs\n`);
  }
  process.exit(1);
}
process.exit(0);
