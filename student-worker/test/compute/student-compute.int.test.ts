/**
 * Real compute threads and real processes on a small learnable set. Whatever happens meanwhile — kills, drains, other
 * windows, other cuts of the target stream — the results must have the digests of the undisturbed run.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NUMERICS_VERSION } from '@lyceum/learning/arrays';
import { encodeDataset } from '@lyceum/learning/datasets';
import { readNpz } from '@lyceum/learning/files';
import { encodeModelPackage, parseModelPackage } from '@lyceum/learning/formats';
import { checkRunSpecification } from '@lyceum/learning/specification';
import { prepareEngine } from '@lyceum/learning/tensorflow';
import { createLogger } from '@lyceum/platform';
import { LyceumError, sha256Hex } from '@lyceum/proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  StudentCompute,
} from '../../dist/compute/index.js';
import type { TrainingJob, TrainingResult } from '../../src/job/training-job.js';
import { syntheticSet } from './synthetic-set.js';
import { train } from './training-harness.mjs';

const SAMPLES = 120;
const TRAIN_COUNT = 84;
const TEST_COUNT = 24;

let compute: StudentCompute;
let datasetFile: string;

const folders: string[] = [];

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-compute-'));
  folders.push(folder);
  return folder;
}

beforeAll(async () => {
  prepareEngine(process.env, 2);
  compute = await StudentCompute.start(
    { eager: false },
    createLogger({ name: 'test', level: 'silent' }),
  );
  datasetFile = join(await newFolder(), 'set.npz');
  await writeFile(datasetFile, encodeDataset(syntheticSet(SAMPLES, 6)));
});

afterAll(async () => {
  await compute.stop();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

const MLP = { architecture: 'mlp', hiddenUnits: [12, 12], dropout: 0.2 };
const RESNET = { architecture: 'resnet', depth: 8 };

/** 26 steps, 6 an epoch, the last of each shorter; validation and checkpoints come at other steps. */
const TRAINING = {
  batchSize: 16,
  steps: 26,
  learningRate: { cosine: { peak: 0.02, warmupSteps: 4 } },
  weightDecay: 0.01,
  clipNorm: 2,
  checkpointEverySteps: 7,
};

async function job(change: {
  model?: object;
  training?: object;
  kind?: 'Distillation' | 'Training';
  windowSteps?: number;
  checkpointFile?: string;
}): Promise<TrainingJob> {
  const { model = MLP, kind = 'Distillation', windowSteps = 8, checkpointFile } = change;
  const document = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind,
    metadata: { name: 'test' },
    spec: {
      dataset: 'set',
      ...(kind === 'Distillation' && { teachers: [{ name: 'a', model: 'a' }] }),
      student: { model },
      views: { shift: 0.2, flip: true, cycle: 2 },
      training: { ...TRAINING, ...change.training },
      selection: { everySteps: 4 },
    },
  };
  const name = 'pooled/arithmetic/4';
  return {
    runId: 'test',
    assignmentEpoch: 1,
    specification: checkRunSpecification(document, 'test'),
    datasetFile,
    cut: undefined,
    teacherIdentities: kind === 'Distillation' ? ['a'.repeat(64)] : [],
    acceptedNumerics: [],
    targetTensors: kind === 'Distillation' ? [{ name, rowShape: [3] }] : [],
    outputFolder: await newFolder(),
    windowSteps,
    ...(checkpointFile && { checkpointFile }),
  };
}

/** The parts of a result that must not depend on what happened during the run. */
function bits(result: TrainingResult | undefined) {
  if (result === undefined) throw new Error('the run did not finish');
  const { modelDigest, logitsDigest, finalWeightsDigest } = result;
  const { selectedStep, selectedValidation, measurement } = result;
  const { samples } = measurement;
  return {
    modelDigest,
    logitsDigest,
    finalWeightsDigest,
    selectedStep,
    selectedValidation,
    samples,
  };
}

const undisturbed = async (change: Parameters<typeof job>[0]) =>
  train(compute, await job(change), { trainCount: TRAIN_COUNT });

/** Runs a job in its own process. */
function inProcess(
  a: TrainingJob,
  dieAtCheckpoint?: number,
): Promise<{ signal: string | undefined; result: TrainingResult | undefined }> {
  const script = fileURLToPath(new URL('train-process.mjs', import.meta.url));
  const argument = JSON.stringify({ job: a, trainCount: TRAIN_COUNT, dieAtCheckpoint });
  return new Promise((resolve) => {
    execFile(process.execPath, [script, argument], (err, stdout) => {
      const result = stdout === '' ? undefined : JSON.parse(stdout).result;
      resolve({ signal: err?.signal ?? undefined, result });
    });
  });
}

describe.each([
  { name: 'mlp with dropout', model: MLP },
  { name: 'resnet with batch normalisation', model: RESNET },
])('a run of the $name', ({ model }) => {
  it('ends in the same bits from every checkpoint', async () => {
    const whole = await undisturbed({ model });
    expect(whole.checkpoints.map(({ step }) => step)).toEqual([7, 14, 21, 26]);
    for (const { step, file, digest } of whole.checkpoints) {
      expect(sha256Hex(await readFile(file))).toBe(digest);
      const resumed = await job({ model, checkpointFile: file });
      const { result } = await train(compute, resumed, { trainCount: TRAIN_COUNT });
      expect(bits(result), `resumed at ${step}`).toEqual(bits(whole.result));
    }
  }, 300_000);

  it('ends in the same bits after a kill, in a new process', async () => {
    const whole = await undisturbed({ model });
    const killed = await job({ model });
    expect(await inProcess(killed, 14)).toEqual({ signal: 'SIGKILL', result: undefined });
    const checkpointFile = join(killed.outputFolder, 'checkpoint-14.npz');
    const { result } = await inProcess(await job({ model, checkpointFile }));
    expect(bits(result)).toEqual(bits(whole.result));
  }, 300_000);
});

describe('a checkpoint', () => {
  /** A checkpoint from the middle of a run, as another build or other teachers would give it. */
  async function checkpointWith(change: Partial<Checkpoint>): Promise<string> {
    const { checkpoints } = await undisturbed({});
    const file = checkpoints[1]?.file ?? '';
    const checkpoint = decodeCheckpoint(await readFile(file), file);
    await writeFile(file, encodeCheckpoint({ ...checkpoint, ...change }));
    return file;
  }

  it('of another numerics version is refused, unless the change is accepted', async () => {
    const checkpointFile = await checkpointWith({ numericsVersion: 0 });
    const change = { step: 14, from: 0, to: NUMERICS_VERSION };
    const shell = { trainCount: TRAIN_COUNT };
    const refused = await train(compute, await job({ checkpointFile }), shell);
    expect(refused.failure).toEqual({
      reason: `the checkpoint of step 14 has numerics version 0, and this worker computes by version ${NUMERICS_VERSION}: the weights would be those of neither`,
      retryable: false,
      storageFull: false,
      numericsChange: change,
    });
    const other = {
      ...(await job({ checkpointFile })),
      acceptedNumerics: [{ ...change, from: 7 }],
    };
    const stillRefused = await train(compute, other, shell);
    expect(stillRefused.failure?.numericsChange).toEqual(change);

    const accepting = { ...(await job({ checkpointFile })), acceptedNumerics: [change] };
    const gone = await train(compute, accepting, shell);
    expect(gone.failure).toBeUndefined();
    // This build takes the steps from here on.
    const file = gone.checkpoints[0]?.file ?? '';
    expect(decodeCheckpoint(await readFile(file), file)).toMatchObject({
      step: 21,
      numericsVersion: NUMERICS_VERSION,
    });
  });

  it('of another build is refused as foreign', async () => {
    const checkpointFile = await checkpointWith({ samples: undefined as unknown as number });
    const shell = { trainCount: TRAIN_COUNT };
    const { failure } = await train(compute, await job({ checkpointFile }), shell);
    expect(failure).toEqual({
      reason: expect.stringContaining('was written by another build'),
      retryable: false,
      storageFull: false,
      checkpointForeign: true,
    });
  });

  it('of other teachers is refused', async () => {
    const checkpointFile = await checkpointWith({ teacherIdentities: ['b'.repeat(64)] });
    const { failure } = await train(compute, await job({ checkpointFile }), {
      trainCount: TRAIN_COUNT,
    });
    expect(failure?.reason).toContain('belongs to another specification, data set or ensemble');
  });
});

describe('StudentCompute', () => {
  it('gives the same bits for other windows and other blocks of targets', async () => {
    const whole = await undisturbed({});
    for (const { windowSteps, blockRows } of [
      { windowSteps: 1, blockRows: 1 },
      { windowSteps: 100, blockRows: 84 },
    ]) {
      const narrow = await job({ windowSteps });
      const { result } = await train(compute, narrow, { trainCount: TRAIN_COUNT, blockRows });
      expect(bits(result)).toEqual(bits(whole.result));
    }
  });

  it('keeps the credit one window ahead, up to the last step', async () => {
    const wants: [number, number][] = [];
    const shell = {
      trainCount: TRAIN_COUNT,
      onWant: (credit: number, done: number) => void wants.push([credit, done]),
    };
    await train(compute, await job({ windowSteps: 8 }), shell);
    expect(wants[0]).toEqual([8, 0]);
    expect(wants.at(-1)).toEqual([26, 26]);
    for (const [credit, done] of wants) expect(credit).toBe(Math.min(26, done + 8));
  });

  it('drain makes one checkpoint, from which the run ends in the same bits', async () => {
    const whole = await undisturbed({});
    const drained = await job({ training: { checkpointEverySteps: 1000 } });
    const steps: string[] = [];
    let draining: Promise<void> | undefined;
    void train(compute, drained, {
      trainCount: TRAIN_COUNT,
      onWant: (_credit, done) => {
        if (done >= 10) draining ??= compute.drain();
      },
      async onCheckpoint({ file }) {
        steps.push(file);
      },
    });
    await expect.poll(() => draining !== undefined, { timeout: 120_000 }).toBe(true);
    await draining;
    expect(steps).toHaveLength(1);
    const [checkpointFile = ''] = steps;
    const rest = { ...drained, outputFolder: await newFolder(), checkpointFile };
    const { result, checkpoints } = await train(compute, rest, { trainCount: TRAIN_COUNT });
    expect(checkpoints.map(({ step }) => step)).toEqual([26]);
    expect(bits(result)).toEqual(bits(whole.result));
  });

  it('reports nothing after abandon, and takes the next job', async () => {
    const ended: unknown[] = [];
    let abandoned: Promise<void> | undefined;
    const shell = {
      trainCount: TRAIN_COUNT,
      onWant: (_credit: number, done: number) => {
        if (done >= 4) abandoned ??= compute.abandon();
      },
    };
    void train(compute, await job({}), shell).then((outcome) => ended.push(outcome));
    await expect.poll(() => abandoned !== undefined, { timeout: 120_000 }).toBe(true);
    await abandoned;
    const next = await undisturbed({});
    expect(next.result?.selectedStep).toBeGreaterThan(0);
    expect(ended).toEqual([]);
  });

  it('takes no step after a checkpoint until the shell has taken it', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let doneStep = 0;
    const taken: number[] = [];
    const outcome = train(compute, await job({ windowSteps: 1 }), {
      trainCount: TRAIN_COUNT,
      onWant: (_credit, done) => {
        doneStep = done;
      },
      async onCheckpoint({ step }) {
        if (taken.push(step) === 1) await held;
      },
    });
    await expect.poll(() => [doneStep, ...taken], { timeout: 120_000 }).toEqual([7, 7]);
    // Long enough for another step, if the trainer took one.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(doneStep).toBe(7);
    release();
    await outcome;
    expect(taken).toEqual([7, 14, 21, 26]);
    expect(doneStep).toBe(26);
  });

  it('trains without teachers or targets, and writes the model, the logits and the measurement', async () => {
    const alone = await job({ kind: 'Training', training: { steps: 120, learningRate: 0.02 } });
    let wants = 0;
    const { result, progress } = await train(compute, alone, {
      trainCount: TRAIN_COUNT,
      onWant: () => void wants++,
    });
    expect(wants).toBe(0);
    if (result === undefined) throw new Error('the run did not finish');
    expect(result.selectedValidation?.accuracy).toBeGreaterThan(0.8);
    const model = await readFile(result.modelFile);
    expect(sha256Hex(model)).toBe(result.modelDigest);
    expect(parseModelPackage(model).settings).toEqual({
      output: 'logits',
      classes: ['top', 'middle', 'bottom'],
    });
    const logits = readNpz(await readFile(result.logitsFile));
    expect([...logits.keys()].sort()).toEqual(['test', 'train', 'validation']);
    expect(logits.get('test')?.shape).toEqual([TEST_COUNT, 3]);
    expect(logits.get('train')?.shape).toEqual([TRAIN_COUNT, 3]);
    expect(result.measurement.parameterCount).toBe(36 * 12 + 12 + 12 * 12 + 12 + 12 * 3 + 3);
    expect(result.measurement.latencyBatch1Ms).toBeGreaterThan(0);
    const last = progress.at(-1);
    expect(last).toMatchObject({ step: 120, learningRate: 0.02, validation: { step: 120 } });
    expect(last?.samples).toBe(result.measurement.samples);
  });

  it('starts from a model of another run', async () => {
    const first = await undisturbed({ training: { steps: 5 } });
    const second = {
      ...(await job({ model: { model: 'earlier' }, training: { steps: 1 } })),
      studentModelFile: first.result?.modelFile ?? '',
    };
    const outcome = await train(compute, second, { trainCount: TRAIN_COUNT });
    expect(outcome.failure).toBeUndefined();
    expect(outcome.result?.selectedStep).toBe(1);
  });
});

describe('failures of StudentCompute', () => {
  it('a start model with mean and standardDeviation in its settings is refused', async () => {
    const first = await undisturbed({ training: { steps: 5 } });
    const start = parseModelPackage(await readFile(first.result?.modelFile ?? ''));
    const studentModelFile = join(await newFolder(), 'start.zip');
    const starting = async (settings: object) => {
      const changed = { ...start, settings: { ...start.settings, ...settings } };
      await writeFile(studentModelFile, encodeModelPackage(changed, 'start'));
      const own = await job({ model: { model: 'earlier' }, training: { steps: 1 } });
      return (await train(compute, { ...own, studentModelFile }, { trainCount: TRAIN_COUNT }))
        .failure;
    };
    expect(await starting({ scale: 2 })).toBeUndefined();
    expect(await starting({ scale: 2, layout: 'NHWC' })).toBeUndefined();
    expect(await starting({ mean: [0.5], standardDeviation: [2] })).toMatchObject({
      reason: expect.stringContaining(
        "the student's model has mean, standardDeviation in its settings",
      ),
      retryable: false,
    });
  });

  const failure = async (a: TrainingJob, onCheckpoint?: () => Promise<void>) => {
    const shell = { trainCount: TRAIN_COUNT, ...(onCheckpoint && { onCheckpoint }) };
    return (await train(compute, a, shell)).failure;
  };

  it('a loss that is not finite fails the run and names the step', async () => {
    const wild = { optimizer: 'sgd', learningRate: 1e30, clipNorm: undefined, weightDecay: 0 };
    expect(await failure(await job({ training: wild }))).toMatchObject({
      reason: expect.stringMatching(/the loss of step [1-4] is/),
      retryable: false,
    });
  });

  it('a corrupt checkpoint, a missing one and one of another run fail the run', async () => {
    const whole = await undisturbed({});
    const file = whole.checkpoints[0]?.file ?? '';
    const bytes = await readFile(file);
    const corrupt = join(await newFolder(), 'corrupt.npz');
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    await writeFile(corrupt, bytes);
    expect(await failure(await job({ checkpointFile: corrupt }))).toMatchObject({
      reason: expect.stringContaining(`checkpoint ${corrupt} is corrupt`),
      retryable: false,
    });
    expect((await failure(await job({ checkpointFile: `${file}.gone` })))?.reason).toContain(
      'gone',
    );
    const other = await job({ checkpointFile: file, training: { seed: 2 } });
    expect((await failure(other))?.reason).toContain('belongs to another specification');
  });

  it('a checkpoint that the shell cannot take fails the run with the error of the shell', async () => {
    const refused = await failure(await job({}), async () => {
      throw new LyceumError('UNAVAILABLE', 'the store is gone');
    });
    expect(refused).toEqual({ reason: 'the store is gone', retryable: true, storageFull: false });
  });

  it('an assignment without the targets of its objective fails', async () => {
    const bare = { ...(await job({})), targetTensors: [] };
    expect((await failure(bare))?.reason).toContain('needs target pooled/arithmetic/4 of [3]');
  });

  it('a second job beside a running one is refused', async () => {
    const [first, second] = [await job({}), await job({})];
    const running = train(compute, first, { trainCount: TRAIN_COUNT });
    await expect(train(compute, second, { trainCount: TRAIN_COUNT })).rejects.toThrow('has a job');
    expect((await running).failure).toBeUndefined();
  });
});
