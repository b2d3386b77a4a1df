/**
 * `real-servers`: a teacher behind MLServer, whose model is exchanged in the middle of a run: once in the same
 * process, once with a restart. The example prints what is expected and what was seen, and fails where they
 * differ. Expected: the run does not end on the other model's answers; once the right model is back, it ends like
 * the undisturbed run.
 *
 * Before each disturbed run all stored answers are deleted; otherwise the run would ask the server nothing.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { runStateName } from '@lyceum/cli/client';
import { type Dataset, parseDataset, splitSamples } from '@lyceum/learning/datasets';
import { IDENTITY_VIEW, readInputs } from '@lyceum/learning/views';
import { ArtifactKind, elementCount, LyceumError, type Run, RunState } from '@lyceum/proto';
import { type ExampleContext, finish, printLines, specificationFile } from './example.js';
import { type LinearWeights, MlServer } from './mlserver.js';

const NAME = 'real-servers';

/** The model is exchanged once the run has reached this step, of the steps in `student.yaml`. */
const SWAP_STEP = 400;

/** The run takes half a minute on two quiet cores, and a canary comes every minute. */
const PATIENCE_MS = 300_000;

/** Greatest difference between a stored answer and the server's answer now. Logits are some tens. */
const SAME_WITHIN = 1e-3;

/** Far more spans than any table has, so that all answers are asked again. */
const ALL_SPANS = 100_000;

interface Seen {
  readonly expected: string;
  readonly seen: string;
  readonly holds: boolean;
}

export async function realServers(context: ExampleContext): Promise<void> {
  const { coordinator, client, cacheFolder } = context;
  await coordinator('datasets', 'push', 'digits', 'digits');
  const set = parseDataset(await client.pullArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'digits'));
  const right = nearestMean(set);
  const server = await MlServer.start(cacheFolder, right);
  try {
    const calm = runOf(server, 'calm');
    await finish(context, calm.file, ...calm.options);
    const accuracy = await teacherAccuracy(context, calm.id);
    const { finalWeightsDigest } = await client.getRun(calm.id);
    const seen: Seen[] = [
      {
        expected: `the served teacher is right as often as its weights are: ${percent(accuracyOf(right, set))}`,
        seen: percent(accuracy),
        holds: Math.abs(accuracy - accuracyOf(right, set)) < 1e-3,
      },
    ];
    const moved = { ...right, bias: right.bias.map((b, c) => (c < 6 ? b + 0.2 : b)) };
    const turned = { ...right, bias: right.bias.map((b, c) => (c < 2 ? b + 30 : b)) };
    const swaps: Swap[] = [
      {
        what: 'six biases moved by 0.2, without a restart',
        name: 'moved',
        swap: () => server.reload(moved),
        back: () => server.reload(right),
      },
      {
        what: 'another model, with a restart',
        name: 'turned',
        swap: () => server.restart(turned),
        back: () => server.restart(right),
      },
    ];
    for (const swap of swaps) {
      const found = await swapped(context, server, swap, { accuracy, finalWeightsDigest });
      seen.push(...found.map((one) => ({ ...one, expected: `${swap.what}: ${one.expected}` })));
    }
    printLines(
      seen.flatMap(({ expected, seen: got, holds }) => [
        `${holds ? 'as expected' : 'NOT AS EXPECTED'}: ${expected}`,
        `  ${got}`,
      ]),
    );
    const failures = seen.filter(({ holds }) => !holds).length;
    if (failures > 0) {
      throw new LyceumError('INTERNAL', `${failures} of ${seen.length} expectations do not hold`);
    }
  } finally {
    await server.stop();
  }
}

interface Swap {
  readonly what: string;
  readonly name: string;
  readonly swap: () => Promise<void>;
  readonly back: () => Promise<void>;
}

/** Results of the undisturbed run. */
interface Undisturbed {
  readonly accuracy: number;
  readonly finalWeightsDigest: string;
}

async function swapped(
  context: ExampleContext,
  server: MlServer,
  { what, name, swap, back }: Swap,
  calm: Undisturbed,
): Promise<Seen[]> {
  const { coordinator, client } = context;
  const { id, file, options } = runOf(server, name);
  process.stderr.write(`${what} …\n`);
  for (const table of await client.listAnswerTables()) await client.deleteAnswerTable(table.id);
  await coordinator('submit', file, ...options);
  await until(context, id, ({ progress }) => (progress?.step ?? 0) >= SWAP_STEP);
  await swap();
  const held = await until(context, id, (run) => isHeld(run) || run.endedAtMs > 0);
  const seen: Seen[] = [
    {
      expected: 'the run is held before it ends, and says why',
      seen: stateText(held),
      holds: isHeld(held),
    },
  ];
  await back();
  if (!isHeld(held)) return seen;
  const quarantines = await client.listQuarantines();
  for (const { workerId } of quarantines) await coordinator('workers', 'release', workerId);
  // A run that went back to the queue (QUEUED) goes on by itself.
  const { state } = await client.getRun(id);
  if (state === RunState.RUN_STATE_PAUSED) await coordinator('resume', id);
  const end = await until(context, id, ({ endedAtMs }) => endedAtMs > 0);
  seen.push({
    expected: 'with the right model back the run succeeds',
    seen: stateText(end),
    holds: end.state === RunState.RUN_STATE_SUCCEEDED,
  });
  if (end.state !== RunState.RUN_STATE_SUCCEEDED) return seen;
  const reported = await teacherAccuracy(context, id);
  const dropped = end.warnings.filter((warning) => warning.includes('were dropped'));
  seen.push(
    {
      expected: "it says that the other model's answers were dropped",
      seen: dropped.join('; ') || 'no warning mentions it',
      holds: dropped.length > 0,
    },
    {
      expected: "its report has the right model's accuracy",
      seen: percent(reported),
      holds: reported === calm.accuracy,
    },
    {
      expected: 'its student has the weights of the undisturbed run',
      seen: `${end.finalWeightsDigest.slice(0, 12)} and ${calm.finalWeightsDigest.slice(0, 12)}`,
      holds: end.finalWeightsDigest === calm.finalWeightsDigest,
    },
    await storedAnswers(context),
  );
  return seen;
}

/** Asks the server, which has the right model again, for all stored answers. */
async function storedAnswers({ client }: ExampleContext): Promise<Seen> {
  let rowCount = 0;
  let apart = 0;
  for await (const table of client.verifyAnswers({ spanCount: ALL_SPANS })) {
    rowCount += table.rowCount;
    apart = Math.max(apart, table.maxDifference);
  }
  return {
    expected: `no stored answer is the other model's: asked again, none differs by ${SAME_WITHIN}`,
    seen: `${rowCount} asked again, greatest difference ${apart.toExponential(1)}`,
    holds: rowCount > 0 && apart < SAME_WITHIN,
  };
}

/** Id of the run, and the file and options with which it is submitted. */
function runOf(
  { url }: MlServer,
  name: string,
): { readonly id: string; readonly file: string; readonly options: readonly string[] } {
  const id = `${NAME}-${name}`;
  const set = `spec.teachers[0].inference.url=${url}`;
  return { id, file: specificationFile(NAME, 'student'), options: ['--run-id', id, '--set', set] };
}

async function until(
  { client }: ExampleContext,
  id: string,
  holds: (run: Run) => boolean,
): Promise<Run> {
  for (const endMs = Date.now() + PATIENCE_MS; ; await pause(100)) {
    const found = await client.getRun(id);
    if (holds(found) || Date.now() > endMs) return found;
  }
}

/** Whether the run waits for a person: to resume it, or, if it is queued again, to release the teacher's worker. */
function isHeld({ state, reason }: Run): boolean {
  if (state === RunState.RUN_STATE_PAUSED) return reason.includes('teacher served');
  return state === RunState.RUN_STATE_QUEUED && reason.includes('quarantined');
}

function stateText(run: Run): string {
  return `${runStateName(run)} ${run.reason}`.trimEnd();
}

/** The teacher's accuracy on the test split, from the report. */
async function teacherAccuracy({ client }: ExampleContext, id: string): Promise<number> {
  return (await client.getReport(id)).teachers[0]?.accuracy ?? Number.NaN;
}

/** The nearest mean picture: of class c the logit is m·x − |m|²/2. */
function nearestMean(set: Dataset): LinearWeights {
  const means = Array.from({ length: set.classCount }, () => ({ sum: pixels(set), count: 0 }));
  const picture = pixels(set);
  for (const sample of splitSamples(set, 'train')) {
    const mean = means[set.labels[sample] as number];
    if (mean === undefined) continue;
    readInputs(set, Uint32Array.of(sample), IDENTITY_VIEW, picture);
    mean.count++;
    for (const [i, value] of picture.entries()) mean.sum[i] = (mean.sum[i] as number) + value;
  }
  const rows = means.map(({ sum, count }) => Array.from(sum, (value) => value / count));
  return {
    kernel: Array.from(picture, (_, i) => rows.map((row) => row[i] as number)),
    bias: rows.map((row) => -row.reduce((sum, value) => sum + (value * value) / 2, 0)),
  };
}

function pixels({ sampleShape }: Dataset): Float32Array {
  return new Float32Array(elementCount(sampleShape));
}

/** The accuracy of these weights on the test split, computed here. */
function accuracyOf({ kernel, bias }: LinearWeights, set: Dataset): number {
  const samples = splitSamples(set, 'test');
  const picture = pixels(set);
  let right = 0;
  for (const sample of samples) {
    readInputs(set, Uint32Array.of(sample), IDENTITY_VIEW, picture);
    const logits = [...bias];
    for (const [i, row] of kernel.entries()) {
      for (const [c, weight] of row.entries()) {
        logits[c] = (logits[c] as number) + weight * (picture[i] as number);
      }
    }
    if (logits.indexOf(Math.max(...logits)) === set.labels[sample]) right++;
  }
  return right / samples.length;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
