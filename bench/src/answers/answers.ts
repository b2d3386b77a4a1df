/**
 * `answers`: how many bytes codecs of stored answers save, and how much they lose.
 *
 * 10 and 100 classes: two real teachers of handwritten digits, of single digits and of pairs. Measured are bytes a
 * sample, the divergence from exact answers, and the test accuracy of students that train on decoded answers, paired
 * by seed with students that train on exact answers. 1,000 classes: a real teacher of strings of three digits. 21,841
 * classes: made-up logits, normally distributed, with one class that stands out by a given peak. For these two the
 * bench measures bytes against divergence, for teachers that are more or less certain.
 */
import { loadavg } from 'node:os';
import { mulberry32 } from '@lyceum/learning/arrays';
import { type AnswerCodec, throughCodec } from '@lyceum/learning/codecs';
import { type Dataset, parseDataset, splitSamples } from '@lyceum/learning/datasets';
import { accuracy, chosenCodec, pairedInterval } from '@lyceum/learning/ensemble';
import { importPackaged } from '@lyceum/learning/import';
import {
  checkRunSpecification,
  type DistillationSpecification,
  type RunSpecification,
} from '@lyceum/learning/specification';
import { type Engine, openEngine, prepareEngine } from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';
import type { Student } from '@lyceum/student-worker/compute';
import {
  type BenchOptions,
  type BenchResult,
  cacheFolder,
  type Figure,
  figureOf,
  progress,
} from '../measuring/index.js';
import { type CodecLoss, codecLoss, topTenMass } from './codec-loss.js';
import { digitStrings } from './digit-strings.js';
import { splitLogits, trained } from './train-in-process.js';

const DENSE: readonly AnswerCodec[] = ['float16', 'uint8-affine'];
const SEEDS_AT_LEAST = 10;
const COMPUTE_THREADS = 2;

interface Task {
  readonly digitCount: number;
  readonly teachers: Readonly<Record<string, object>>;
  readonly student: object;
  /** Epochs of teachers, and of students. */
  readonly epochs: readonly [number, number];
}

const TASKS: readonly Task[] = [
  {
    digitCount: 1,
    teachers: {
      wide: { architecture: 'mlp', hiddenUnits: [200] },
      conv: { architecture: 'conv', filters: [8, 16], denseUnits: [] },
    },
    student: { architecture: 'mlp', hiddenUnits: [30, 30] },
    epochs: [5, 6],
  },
  {
    digitCount: 2,
    teachers: {
      wide: { architecture: 'mlp', hiddenUnits: [300] },
      conv: { architecture: 'conv', filters: [8, 16], denseUnits: [64] },
    },
    student: { architecture: 'mlp', hiddenUnits: [100] },
    epochs: [8, 8],
  },
];

const STRINGS_TEACHER = { architecture: 'mlp', hiddenUnits: [400] };
const STRINGS_EPOCHS = 12;

/** Number of classes of ImageNet-22k, as in Ridnik et al. 2021 and Wu et al. 2022 (TinyViT). */
const MANY_CLASSES = 21_841;
const MANY_ROWS = 64;
/** How much greater the logit of one class is: from an uncertain teacher to a certain one. */
const PEAKS = [12, 15, 18];
const KEPT_COUNTS = [1, 5, 10, 50, 100, 500];
/** Codecs that the table leaves out; the details have them. */
const STRINGS_LEFT_OUT = ['top-k:1', 'top-k:5', 'top-k:10', 'top-k:50', 'top-k:500'];

export async function answers({ repetitions, signal }: BenchOptions): Promise<BenchResult> {
  const seedCount = Math.max(SEEDS_AT_LEAST, repetitions);
  prepareEngine(process.env, COMPUTE_THREADS);
  const engine = await openEngine({ only: 'native' });
  const loadBefore = loadavg()[0];
  const digits = parseDataset(importPackaged('digits', cacheFolder()));
  const details: Record<string, unknown> = {};
  const divergences: number[] = [];
  const figures: Figure[] = [];
  for (const task of TASKS) {
    const found = await measureTask(engine, task, digitStrings(digits, task.digitCount), {
      seedCount,
      signal,
    });
    details[`classes${found.classCount}`] = found;
    for (const own of found.codecs) {
      const { differences } = own.accuracyDifferencePoints;
      figures.push(...lossFigures(found.classCount, own));
      figures.push(figureOf(nameOf(found.classCount, own), 'points of the student', differences));
    }
    const auto = found.codecs.find(({ codec }) => codec === found.auto);
    divergences.push(auto?.klAt1 ?? Number.NaN, auto?.klAt4 ?? Number.NaN);
  }
  const strings = await measureStrings(engine, digitStrings(digits, 3), signal);
  details['classes1000'] = strings;
  const shown = strings.codecs.filter(({ codec }) => !STRINGS_LEFT_OUT.includes(codec));
  figures.push(...shown.flatMap((own) => lossFigures(strings.classCount, own)));
  details[`classes${MANY_CLASSES}`] = PEAKS.map((peak) => {
    signal.throwIfAborted();
    return { logits: 'synthetic', peak, ...curve(syntheticLogits(peak), MANY_CLASSES) };
  });
  return {
    name: 'answers',
    value: Math.max(...divergences),
    unit: 'nats of KL(exact ‖ stored) of the automatic codec, worst of 10 and 100 classes at temperatures 1 and 4',
    spread: [Math.min(...divergences), Math.max(...divergences)],
    figures,
    details: { ...details, device: engine.device, loadBefore, loadAfter: loadavg()[0] },
  };
}

function nameOf(classCount: number, { codec }: Pick<CodecLoss, 'codec'>): string {
  return `${classCount} classes, ${codec}`;
}

function lossFigures(classCount: number, loss: CodecLoss): Figure[] {
  const name = nameOf(classCount, loss);
  return [
    figureOf(name, 'bytes a sample', [loss.bytes]),
    figureOf(name, 'nats of KL at 1', [loss.klAt1]),
    figureOf(name, 'nats of KL at 4', [loss.klAt4]),
  ];
}

async function measureTask(
  engine: Engine,
  task: Task,
  dataset: Dataset,
  { seedCount, signal }: { readonly seedCount: number; readonly signal: AbortSignal },
) {
  const { classCount } = dataset;
  const [teacherEpochs, studentEpochs] = task.epochs;
  const teachers: { accuracy: number; train: Float32Array; test: Float32Array }[] = [];
  for (const model of Object.values(task.teachers)) {
    progress(`${classCount} classes: training a teacher`);
    const specification = onLabels(model, teacherEpochs);
    const teacher = await trained(engine, specification, dataset, [], signal);
    const test = splitLogits(engine, teacher, dataset, 'test');
    const train = splitLogits(engine, teacher, dataset, 'train');
    teachers.push({ accuracy: testAccuracy(test, dataset), train, test });
    teacher.dispose();
  }
  const accuracies = new Map<AnswerCodec, number[]>();
  for (let seed = 1; seed <= seedCount; seed++) {
    for (const codec of ['float32', ...DENSE] as const) {
      const specification = onAnswers(task, studentEpochs, seed);
      const rowCount = splitSamples(dataset, 'train').length;
      const own = teachers.map(({ train }) => throughCodec(codec, train, rowCount, classCount));
      const student = await trained(engine, specification, dataset, own, signal);
      const found = testAccuracy(splitLogits(engine, student, dataset, 'test'), dataset);
      accuracies.set(codec, [...(accuracies.get(codec) ?? []), 100 * found]);
      student.dispose();
    }
    progress(`${classCount} classes: students of seed ${seed}`);
  }
  const exact = accuracies.get('float32') ?? [];
  const codecs = DENSE.map((codec) => {
    // The loss is that of the worse teacher, on samples that the teacher was not trained on.
    const losses = teachers.map(({ test }) => codecLoss(codec, test, classCount));
    const worst = losses.reduce((a, b) => (a.klAt1 + a.klAt4 > b.klAt1 + b.klAt4 ? a : b));
    const differences = (accuracies.get(codec) ?? []).map((own, i) => own - (exact[i] as number));
    return { ...worst, accuracyDifferencePoints: { ...pairedInterval(differences), differences } };
  });
  return {
    classCount,
    auto: chosenCodec(onAnswers(task, studentEpochs, 1).spec, classCount),
    teacherAccuracies: teachers.map((teacher) => teacher.accuracy),
    exactStudentAccuracies: exact,
    codecs,
  };
}

async function measureStrings(engine: Engine, dataset: Dataset, signal: AbortSignal) {
  progress('1000 classes: training a teacher');
  const specification = onLabels(STRINGS_TEACHER, STRINGS_EPOCHS);
  const teacher: Student = await trained(engine, specification, dataset, [], signal);
  const logits = splitLogits(engine, teacher, dataset, 'test');
  teacher.dispose();
  return {
    logits: 'of a teacher of strings of three digits',
    teacherAccuracy: testAccuracy(logits, dataset),
    ...curve(logits, dataset.classCount),
  };
}

function curve(logits: Float32Array, classCount: number) {
  const kept = KEPT_COUNTS.map((k): AnswerCodec => `top-k:${k}`);
  return {
    classCount,
    topTenMass: topTenMass(logits, classCount),
    codecs: [...DENSE, ...kept].map((codec) => codecLoss(codec, logits, classCount)),
  };
}

/** Logits from N(0, 2²), with one class greater by `peak`. */
function syntheticLogits(peak: number): Float32Array {
  return Float32Array.from({ length: MANY_ROWS * MANY_CLASSES }, (_, i) => {
    const u = mulberry32(1, 2 * i);
    const angle = 2 * Math.PI * mulberry32(1, 2 * i + 1);
    const normal = Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(angle);
    const row = Math.floor(i / MANY_CLASSES);
    return 2 * normal + (i % MANY_CLASSES === row ? peak : 0);
  });
}

function testAccuracy(logits: Float32Array, dataset: Dataset): number {
  const labels = Int32Array.from(
    splitSamples(dataset, 'test'),
    (sample) => dataset.labels[sample] as number,
  );
  const found = accuracy(logits, labels, dataset.classCount);
  if (found === null) throw new LyceumError('INTERNAL', 'the test split has no labels');
  return found;
}

function onLabels(model: object, epochs: number): RunSpecification {
  const spec = { dataset: 'digits', student: { model }, training: { epochs, seed: 1 } };
  return checked('Training', spec);
}

function onAnswers(task: Task, epochs: number, seed: number): DistillationSpecification {
  const specification = checked('Distillation', {
    dataset: 'digits',
    teachers: Object.keys(task.teachers).map((name) => ({ name, model: name })),
    objective: [{ term: 'kd', weight: 1, temperature: 4 }],
    student: { model: task.student },
    training: { epochs, seed },
  });
  if (specification.kind !== 'Distillation') {
    throw new LyceumError('INTERNAL', `want kind Distillation, not ${specification.kind}`);
  }
  return specification;
}

function checked(kind: 'Training' | 'Distillation', spec: object): RunSpecification {
  const apiVersion = 'lyceum.dev/v1alpha1';
  return checkRunSpecification({ apiVersion, kind, metadata: { name: 'answers' }, spec }, 'bench');
}
