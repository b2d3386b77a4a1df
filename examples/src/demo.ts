/**
 * `npm run demo`: the main job on real digits.
 *
 * Starts a cluster of processes of its own (NATS, coordinator, three teacher workers, a student worker) and
 * does through the `coordinator` command what a person would do: push the data, train three teachers, train
 * the student on all labels for reference, distil into it with 200 labels, read the report. Leaves
 * `report.json`, `predictions.npz` and the student's model in the output folder, and no process.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LocalCluster } from '@lyceum/coordinator/local';
import { toLyceumError } from '@lyceum/proto';
import { onInterrupt } from '@lyceum/proto/node';
import {
  CommandFailed,
  type CoordinatorCommand,
  coordinatorCommand,
} from './coordinator-command.js';

const SPECIFICATIONS = fileURLToPath(new URL('../digits/', import.meta.url));

/** Specification and what it is for, in the order in which they run. */
const RUNS = [
  ['teacher-wide', 'teacher 1 of 3: a wide perceptron'],
  ['teacher-lenet', 'teacher 2 of 3: LeNet'],
  ['teacher-conv', 'teacher 3 of 3: a convolutional net'],
  ['student-all-labels', 'for reference: the student trained on all labels'],
  ['distillation', 'the student distilled from all three, with 200 labels; and alone'],
] as const;

const USAGE = `usage: npm run demo -- [--out DIR]

Distils three teachers into a small student on MNIST digits, in a cluster on this machine.

  --out DIR  where report.json, predictions.npz and the student go (default ./lyceum-demo)
`;

const INTERRUPTED = 130;

async function demo(out: string, signal: AbortSignal): Promise<void> {
  const startedMs = Date.now();
  await mkdir(out, { recursive: true });
  const stateDir = await mkdtemp(path.join(out, 'cluster-'));
  let done = false;
  let cluster: LocalCluster | undefined;
  try {
    title('a cluster on this machine');
    cluster = await LocalCluster.start({
      teacherWorkers: 3,
      studentWorkers: 1,
      stateDir,
      log: (line) => process.stderr.write(`${line}\n`),
      signal,
    });
    await Promise.race([mainJob(coordinatorCommand(cluster.address, signal), out), cluster.failed]);
    done = true;
  } finally {
    await cluster?.stop();
    // After a failure the logs are wanted.
    if (done || signal.aborted) await rm(stateDir, { recursive: true });
  }
  const seconds = Math.round((Date.now() - startedMs) / 1000);
  process.stdout.write(
    `\nThe whole took ${seconds} s. In ${out}: report.json, predictions.npz, student/\n`,
  );
}

async function mainJob(coordinator: CoordinatorCommand, out: string): Promise<void> {
  title('data: 10,000 MNIST digits');
  process.stdout.write(await coordinator('datasets', 'push', 'digits', 'digits'));
  for (const [name, purpose] of RUNS) {
    title(purpose);
    await coordinator('submit', path.join(SPECIFICATIONS, `${name}.yaml`), '--watch');
  }
  title('what came of it');
  const predictions = ['--predictions', path.join(out, 'predictions.npz'), '--force'];
  const report = await coordinator('report', 'digits', ...predictions, '--output', 'json');
  await writeFile(path.join(out, 'report.json'), report);
  await coordinator('pull', 'digits', '--out', path.join(out, 'student'), '--force');
  process.stdout.write(`\n${await coordinator('report', 'digits')}`);
}

function title(text: string): void {
  process.stderr.write(`\n== ${text}\n`);
}

function readOptions(): { readonly out: string } {
  try {
    const { values } = parseArgs({
      options: {
        out: { type: 'string', default: 'lyceum-demo' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    return { out: path.resolve(values.out) };
  } catch (err) {
    process.stderr.write(`${err instanceof Error ? err.message : String(err)}\n\n${USAGE}`);
    process.exit(2);
  }
}

const { out } = readOptions();
const interrupted = new AbortController();
onInterrupt(['SIGINT', 'SIGTERM', 'SIGHUP'], () => {
  process.stderr.write('\nending the cluster\n');
  interrupted.abort();
});
try {
  await demo(out, interrupted.signal);
} catch (err) {
  if (interrupted.signal.aborted) process.exit(INTERRUPTED);
  // A failed command has said on stderr what is wrong.
  const message = err instanceof CommandFailed ? err.message : toLyceumError(err).message;
  process.stderr.write(`error: ${message}\nthe cluster's logs are in ${out}/cluster-…/logs\n`);
  process.exit(1);
}
process.exit(0);
