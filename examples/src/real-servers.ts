/**
 * `real-servers`: a teacher behind MLServer, as others run it, whose model is exchanged in the middle of a run, in the same
 * process and with a restart. States what is expected, says what was seen, and fails where they differ: the run is paused
 * before it ends, and once the right model is back it goes on, with no answer of the other one among those it learned from.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { runStateName } from '@lyceum/coordinator/client';
import {
  type Dataset,
  IDENTITY_VIEW,
  parseDataset,
  readInputs,
  splitSamples,
} from '@lyceum/learning/data';
import { ArtifactKind, LyceumError, type Run, RunState } from '@lyceum/proto';
import { type ExampleContext, finish, printLines, specificationFile } from './example.js';
import { type LinearWeights, MlServer } from './mlserver.js';

const NAME = 'real-servers';

/** The model is exchanged once the run is so far. */
const SWAP_STEP = 60;

/** A canary comes every minute. */
const PATIENCE_MS = 240_000;

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
    const calm = await runOf(server, 'calm');
    await finish(context, calm.file, ...calm.options);
    const accuracy = await teacherAccuracy(context, calm.id);
    const seen: Seen[] = [
      {
        expected: `the served teacher is right as often as its weights are: ${percent(accuracyOf(right, set))}`,
        seen: percent(accuracy),
        holds: Math.abs(accuracy - accuracyOf(right, set)) < 1e-3,
      },
    ];
    const moved = { ...right, bias: right.bias.map((b, c) => (c < 6 ? b + 0.2 : b)) };
    const turned = { ...right, bias: right.bias.map((b, c) => (c < 2 ? b + 30 : b)) };
    const swaps = [
      [
        'six biases moved by 0.2, without a restart',
        'moved',
        () => server.reload(moved),
        () => server.reload(right),
      ],
      [
        'another model, with a restart',
        'turned',
        () => server.restart(turned),
        () => server.restart(right),
      ],
    ] as const;
    for (const [what, name, swap, back] of swaps) {
      seen.push(...(await swapped(context, server, { what, name, accuracy, swap, back })));
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
  /** Of the right model. */
  readonly accuracy: number;
  readonly swap: () => Promise<void>;
  readonly back: () => Promise<void>;
}

async function swapped(
  context: ExampleContext,
  server: MlServer,
  { what, name, accuracy, swap, back }: Swap,
): Promise<Seen[]> {
  const { coordinator, client } = context;
  const { id, file, options } = runOf(server, name);
  process.stderr.write(`${what} …\n`);
  await coordinator('submit', file, ...options);
  await until(context, id, ({ progress }) => (progress?.step ?? 0) >= SWAP_STEP);
  await swap();
  const held = await until(context, id, ({ state, endedAtMs }) => isPaused(state) || endedAtMs > 0);
  const seen: Seen[] = [
    {
      expected: `${what}: the run is paused before it ends`,
      seen: `${runStateName(held)} ${held.reason}`,
      holds: isPaused(held.state),
    },
  ];
  await back();
  if (!isPaused(held.state)) return seen;
  const quarantines = await client.listQuarantines();
  for (const { workerId } of quarantines) await coordinator('workers', 'release', workerId);
  await coordinator('resume', id);
  const end = await until(context, id, ({ endedAtMs }) => endedAtMs > 0);
  seen.push({
    expected: `${what}: with the right model back the run succeeds`,
    seen: `${runStateName(end)} ${end.reason}`,
    holds: end.state === RunState.RUN_STATE_SUCCEEDED,
  });
  if (end.state !== RunState.RUN_STATE_SUCCEEDED) return seen;
  const reported = await teacherAccuracy(context, id);
  const verified = await coordinator('answers', 'verify', '--spans', '1000').then(
    () => true,
    () => false,
  );
  seen.push(
    {
      expected: `${what}: its report has the right model's accuracy`,
      seen: percent(reported),
      holds: reported === accuracy,
    },
    {
      expected: `${what}: no stored answer is the other model's`,
      seen: verified ? 'all asked again, none differs' : 'some differ',
      holds: verified,
    },
  );
  return seen;
}

/** A run of that name, and how it is submitted. */
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

function isPaused(state: RunState): boolean {
  return state === RunState.RUN_STATE_PAUSED;
}

/** On the test split, as the report has it. */
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
  return new Float32Array(sampleShape.reduce((product, n) => product * n, 1));
}

/** Of these weights on the test split, computed here. */
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
