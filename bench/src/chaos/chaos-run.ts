/** The run that is disturbed: its data, its models and its length. */
import type { ArchitectureSettings } from '@lyceum/learning/architectures';
import { type Dataset, parseDataset } from '@lyceum/learning/datasets';
import { encodeModelPackage } from '@lyceum/learning/formats';
import { importPackaged } from '@lyceum/learning/import';
import {
  checkRunSpecification,
  type DistillationSpecification,
} from '@lyceum/learning/specification';
import { buildStudent, type Engine, savedModel } from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';

/** Threads of TensorFlow in all processes, the oracle's too: bits depend on the number. */
export const COMPUTE_THREADS = 1;

/** Steps between checkpoints. A killed student loses about so many steps. */
const CHECKPOINT_EVERY_STEPS = 20;

const TEACHERS: readonly {
  readonly name: string;
  readonly architecture: ArchitectureSettings;
  readonly seed: number;
}[] = [
  { name: 'wide', architecture: mlp(64), seed: 11 },
  { name: 'deep', architecture: mlp(48, 32), seed: 12 },
  { name: 'wider', architecture: mlp(96), seed: 13 },
];

export interface ChaosRun {
  readonly dataset: Dataset;
  readonly datasetFile: Buffer;
  /** Packages by the names that the specification gives them, in ensemble order. */
  readonly teachers: ReadonlyMap<string, Buffer>;
  readonly specification: DistillationSpecification;
  /** The specification as a user writes it. */
  readonly document: string;
  readonly stepCount: number;
}

/**
 * Teachers are not trained and keep their first weights: the harness looks for equal bits, not for a good student.
 *
 * @param seed - decides samples' order, views and the student's first weights.
 */
export async function chaosRun(
  engine: Engine,
  options: {
    readonly seed: number;
    readonly stepCount: number;
    readonly cacheFolder: string;
    /** Fields that replace those of the plain run; default none. */
    readonly spec?: Readonly<Record<string, unknown>>;
  },
): Promise<ChaosRun> {
  const { seed, stepCount, cacheFolder, spec = {} } = options;
  const datasetFile = importPackaged('digits', cacheFolder);
  const dataset = parseDataset(datasetFile);
  const teachers = new Map<string, Buffer>();
  for (const { name, architecture, seed: teacherSeed } of TEACHERS) {
    const { sampleShape, classCount } = dataset;
    const model = buildStudent(engine, architecture, sampleShape, classCount, teacherSeed);
    teachers.set(name, encodeModelPackage(await savedModel(engine, model, { output: 'logits' })));
    model.dispose();
  }
  const plain = runDocument(seed, stepCount);
  // JSON leaves out fields that are undefined.
  const written = JSON.parse(JSON.stringify({ ...plain, spec: { ...plain.spec, ...spec } }));
  const specification = checkRunSpecification(written, 'chaos run');
  if (specification.kind !== 'Distillation') {
    throw new LyceumError('INTERNAL', `want kind Distillation, not ${specification.kind}`);
  }
  const document = JSON.stringify(written);
  return { dataset, datasetFile, teachers, specification, document, stepCount };
}

function runDocument(seed: number, stepCount: number) {
  return {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Distillation',
    metadata: { name: 'chaos' },
    spec: {
      dataset: 'digits',
      teachers: TEACHERS.map(({ name }) => ({ name, model: name })),
      // Untrained teachers would not pass the probe.
      teacherHealth: { accept: TEACHERS.map(({ name }) => name) },
      student: { model: mlp(64, 32) },
      // More views than epochs: no epoch can use another epoch's answers, so teachers are asked to the end.
      views: { seed, cycle: 1000, shift: 0.07, crop: 0.1, rotation: 0.02, mixup: true },
      objective: [
        { term: 'kd', weight: 0.7, temperature: 4 },
        { term: 'kd', weight: 0.2, temperature: 1 },
        { term: 'ce', weight: 0.1 },
      ],
      // Each validation is reported, so that the harness learns the run's step every five steps.
      selection: { everySteps: 5 },
      training: {
        seed,
        batchSize: 128,
        steps: stepCount,
        checkpointEverySteps: CHECKPOINT_EVERY_STEPS,
      },
    },
  };
}

function mlp(...hiddenUnits: number[]): ArchitectureSettings {
  return { architecture: 'mlp', hiddenUnits, dropout: 0 };
}
