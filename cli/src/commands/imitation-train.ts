/**
 * `imitation train`: pushes the kept inputs and the teachers' answers, and submits a run whose student learns from
 * them. If explanations are a modality, there are three runs for each seed: a teacher that sees explanations; a
 * student that learns from this teacher, submitted once the teacher has SUCCEEDED; and the same student without
 * explanations. Submitting again changes nothing, so an interrupted command can be repeated.
 */
import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { tableFileAt } from '@lyceum/learning/import';
import {
  type Imitation,
  imitationRuns,
  type PlannedRun,
  type SeedRuns,
} from '@lyceum/learning/specification';
import { ArtifactKind, LyceumError, type Run, sha256Hex, toLyceumError } from '@lyceum/proto';
import type { Command } from 'commander';
import { type ArtifactContent, hasEnded, runStateName } from '../client/index.js';
import { writeNewFile } from '../files/index.js';
import { followRun } from '../following/index.js';
import {
  type ExplanationsWorth,
  explainedCounts,
  explanationsWorth,
  type OpenedImitation,
  readKept,
  type SeedOutcome,
  type TrainingSet,
  trainingSet,
} from '../imitation/index.js';
import { worthLines } from '../printing/imitation/index.js';
import { importLines } from '../printing/index.js';
import { isPaused, pauseAdvice } from '../printing/runs/index.js';
import { bytesText, shellWord } from '../printing/text/index.js';
import {
  type CommandContext,
  CommandExit,
  EXIT,
  globalOptions,
  interruptible,
  notice,
  withCoordinator,
  withProgress,
} from '../session/index.js';

export interface TrainOptions {
  readonly runId?: string;
  readonly watch?: boolean;
  readonly seeds?: number;
}

export async function train(
  path: string,
  { imitation, base, at }: OpenedImitation,
  { runId, watch, seeds: seedCount = 1 }: TrainOptions,
  command: Command,
): Promise<void> {
  const { name } = imitation.metadata;
  const refuse = (message: string) => new LyceumError('INVALID_ARGUMENT', `${path}: ${message}`);
  const { train: taught } = imitation.spec;
  if (taught === undefined) throw refuse('has no spec.train, so there is no student to train');
  if (seedCount > 1 && taught.explanations === undefined) {
    throw refuse(
      '--seeds compares students with and without explanations, but spec.train.explanations is not set',
    );
  }
  const keptFile = at('kept.jsonl');
  const kept = await readKept(keptFile);
  const cacheFolder = globalOptions(command).cache;
  const set = await readSet(imitation, kept, { keptFile, base, cacheFolder });
  for (const line of importLines(set.summary)) notice(line);
  await withCoordinator(command, async (context) => {
    await push(context, name, set);
    const seeds = imitationRuns(imitation, {
      runId: runId ?? name,
      seedCount,
      kept: digestOf(set),
    });
    const [first] = seeds;
    if (taught.explanations === undefined && first !== undefined) {
      await submit(context, first.student);
      if (watch !== false) await followRun(context, first.student.runId, 'live');
      else notice(`See it with: coordinator watch ${first.student.runId}`);
      return;
    }
    const runs = seeds.flatMap(({ student, teacher }) =>
      teacher === undefined ? [] : [{ student, ...teacher }],
    );
    const isDone =
      watch === false ? await submitReady(context, runs, path) : await followAll(context, runs);
    if (!isDone) return;
    const worth = await worthOf(context, name, kept, seeds);
    const file = at('worth.json');
    await writeNewFile(file, `${JSON.stringify(worth, null, 2)}\n`, true);
    context.print(worth, () => [...worthLines(worth), `The same is in ${file}`]);
  });
}

type KeptInputs = Parameters<typeof trainingSet>[1];

async function readSet(
  imitation: Imitation,
  kept: KeptInputs,
  places: { readonly keptFile: string; readonly base: string; readonly cacheFolder: string },
): Promise<TrainingSet> {
  const { keptFile, base, cacheFolder } = places;
  const scratch = await mkdtemp(join(tmpdir(), 'lyceum-imitation-'));
  try {
    const source = resolve(base, imitation.spec.inputs.source);
    const isFolder =
      kept.some(({ image }) => image !== undefined) && tableFileAt(source) === undefined;
    const images = isFolder ? source : dirname(source);
    return await interruptible((signal) =>
      trainingSet(imitation, kept, { keptFile, cacheFolder, scratch, images, signal }),
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function push(
  { client, signal }: CommandContext,
  name: string,
  { dataset, models }: TrainingSet,
): Promise<void> {
  const { ARTIFACT_KIND_DATASET, ARTIFACT_KIND_MODEL } = ArtifactKind;
  const one = (kind: ArtifactKind, pushed: string, content: ArtifactContent) =>
    withProgress(`pushing ${pushed}`, bytesText, (onProgress) =>
      client.pushArtifact(kind, pushed, content, { signal, onProgress }),
    );
  await one(ARTIFACT_KIND_DATASET, name, dataset);
  for (const [model, bytes] of models) await one(ARTIFACT_KIND_MODEL, model, bytes);
}

/** Digest of the pushed data, so that a run with other data counts as another run. */
function digestOf({ dataset, models }: TrainingSet): string {
  const parts = [dataset, ...models.values()].map((bytes) => sha256Hex(bytes));
  return sha256Hex(parts.join()).slice(0, 16);
}

/** @throws {LyceumError} ALREADY_EXISTS if a run with this id was taught with other data. */
async function submit({ client }: CommandContext, { runId, document }: PlannedRun): Promise<Run> {
  try {
    const { run, warnings } = await client.submitRun(JSON.stringify(document), { runId });
    for (const warning of warnings) notice(`warning: ${warning}`);
    return run;
  } catch (thrown) {
    const err = toLyceumError(thrown);
    if (err.code !== 'ALREADY_EXISTS') throw err;
    const message = `${err.message} with --run-id: the document or the kept inputs have changed since it was submitted`;
    throw new LyceumError(err.code, message, { cause: err });
  }
}

interface ThreeRuns {
  readonly student: PlannedRun;
  readonly explained: PlannedRun;
  readonly plain: PlannedRun;
}

/** Submits all runs that may begin. @returns whether all have SUCCEEDED. */
async function submitReady(
  context: CommandContext,
  seeds: readonly ThreeRuns[],
  path: string,
): Promise<boolean> {
  const runs: Run[] = [];
  const waiting: { readonly runId: string; readonly waitsFor: string }[] = [];
  for (const { student, explained, plain } of seeds) {
    const teacher = await submit(context, explained);
    runs.push(teacher, await submit(context, plain));
    if (runStateName(teacher) === 'SUCCEEDED') runs.push(await submit(context, student));
    else waiting.push({ runId: student.runId, waitsFor: explained.runId });
  }
  if (waiting.length === 0 && runs.every((run) => runStateName(run) === 'SUCCEEDED')) return true;
  const submitted = runs.map((run) => ({ runId: run.runId, state: runStateName(run) }));
  context.print({ submitted, waiting }, () => [
    ...submitted.map(({ runId, state }) => `${runId}  ${state}`),
    ...waiting.map(({ runId, waitsFor }) => `${runId}  not submitted: it waits for ${waitsFor}`),
  ]);
  notice(
    `Once these have SUCCEEDED, run coordinator imitation train ${shellWord(path)} again: it submits the waiting runs, and says what explanations were worth.`,
  );
  return false;
}

/**
 * Submits the students once their teachers have SUCCEEDED, and waits until all runs have ended.
 *
 * @throws {CommandExit} 1 if a run failed or was cancelled, 130 after Ctrl-C, after which the runs go on.
 */
async function followAll(context: CommandContext, seeds: readonly ThreeRuns[]): Promise<true> {
  const { client, signal } = context;
  // Each watch adds a listener: many runs are no leak.
  setMaxListeners(0, signal);
  const tell = teller(3 * seeds.length);
  const failed: string[] = [];
  const succeeded = async (planned: PlannedRun): Promise<boolean> => {
    let last: Run | undefined;
    for await (const run of client.watchRun(planned.runId, context)) {
      last = run;
      tell(run);
    }
    const isOk = last !== undefined && runStateName(last) === 'SUCCEEDED';
    if (!isOk) failed.push(planned.runId);
    return isOk;
  };
  try {
    for (const { explained, plain } of seeds) {
      await submit(context, explained);
      await submit(context, plain);
    }
    await Promise.all(
      seeds.flatMap(({ student, explained, plain }) => [
        succeeded(plain),
        succeeded(explained).then(async (isOk) => {
          if (!isOk || signal.aborted) return;
          await submit(context, student);
          await succeeded(student);
        }),
      ]),
    );
  } catch (err) {
    if (!signal.aborted) throw err;
  }
  if (signal.aborted) {
    notice('The runs that were submitted go on. The same command goes on where this one ended.');
    throw new CommandExit(EXIT.interrupted);
  }
  if (failed.length === 0) return true;
  for (const runId of failed) {
    notice(`${runId} has no student; its next attempt begins with: coordinator retry ${runId}`);
  }
  notice('Then run the same command again: it goes on.');
  throw new CommandExit(EXIT.failed);
}

/** Prints a line for each run that is paused or has ended. */
function teller(count: number): (run: Run) => void {
  const states = new Map<string, string>();
  let ended = 0;
  return (run) => {
    const state = runStateName(run);
    if (states.get(run.runId) === state) return;
    states.set(run.runId, state);
    const reason = run.reason === '' ? '' : `: ${run.reason}`;
    if (isPaused(run)) notice(`${run.runId}  PAUSED${reason}; ${pauseAdvice(run)}`);
    else if (hasEnded(run)) {
      ended += 1;
      notice(`${run.runId}  ${state}${reason}  (${ended} of ${count})`);
    }
  };
}

async function worthOf(
  { client }: CommandContext,
  name: string,
  kept: KeptInputs,
  seeds: readonly SeedRuns[],
): Promise<ExplanationsWorth> {
  const outcomes: SeedOutcome[] = [];
  let testSamples = 0;
  for (const { seed, student, teacher } of seeds) {
    if (teacher === undefined) continue;
    const runs = {
      student: student.runId,
      plain: teacher.plain.runId,
      explained: teacher.explained.runId,
    };
    const figures = async (runId: string) => {
      const { student: own, testSampleCount } = await client.getReport(runId);
      testSamples = testSampleCount;
      return { accuracy: own.accuracy, nll: own.nll };
    };
    outcomes.push({
      seed,
      runs,
      student: await figures(runs.student),
      plain: await figures(runs.plain),
      explained: await figures(runs.explained),
    });
  }
  const labels = {
    inputs: kept.length,
    known: kept.filter(({ label }) => label !== undefined).length,
  };
  return explanationsWorth(
    { name, explained: explainedCounts(kept), labels, testSamples },
    outcomes,
  );
}
