/**
 * The schema of a run as its user writes it: every field, its default and what it wants.
 *
 * What must hold between fields is in run-specification-rules.ts.
 */
import { MODALITY_NAME, MODALITY_NAME_RULE } from '@lyceum/proto';
import { z } from 'zod';
import {
  choose,
  flag,
  isMapping,
  list,
  listed,
  number,
  section,
  text,
  wants,
  wholeNumber,
  word,
} from '../documents/index.js';
import {
  answers,
  DEFAULT_OBJECTIVE,
  ensemble,
  teacherHealthFields,
  term,
  termAlone,
  views,
} from './distillation/index.js';
import { inlineInference } from './servers/index.js';

const NAME = '[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?';
const NAME_RULE =
  'lower-case letters, digits, dashes and dots, at most 63, no dash or dot at the ends';

const name = text(`a name: ${NAME_RULE}`, new RegExp(`^${NAME}$`));
const runReference = text('run:ID, naming an earlier run', new RegExp(`^run:${NAME}$`));
const modelReference = text(
  `the name of a pushed model (${NAME_RULE}), or run:ID for the student of an earlier run`,
  new RegExp(`^(?:run:)?${NAME}$`),
);
const positive = number('a number greater than 0', { above: 0 });
const notNegative = number('a number, at least 0', { atLeast: 0 });
const share = number('a number, at least 0 and less than 1', { atLeast: 0, below: 1 });
const count = wholeNumber('a whole number greater than 0', { above: 0 });
const stepCount = wholeNumber('a whole number, at least 0', { atLeast: 0 });
const seed = wholeNumber('a whole number from 0 to 4294967295', { atLeast: 0, atMost: 0xffffffff });

const modality = text(`a modality's name: ${MODALITY_NAME_RULE}`, MODALITY_NAME);

/** Relative share in the ensemble; shares need not sum to 1. */
const weight = notNegative.default(1);

const pushedTeacher = section({
  name,
  /** A pushed model, or `run:ID` for the student of an earlier run. */
  model: modelReference,
  /** Which of the set's modalities it sees; default what the model's settings say, or the set's only one. */
  modality: modality.optional(),
  /**
   * What leaves the teacher: `white` logits and features, `gray` logits, `black` the class that it answers, whatever
   * more its model could give.
   */
  access: word('white', 'gray', 'black').default('white'),
  weight,
});

const NOT_BOTH = 'give model or inference, not both';
const servedTeacher = section(
  {
    name,
    /** A model behind an Open Inference server; it is stored as a pushed model is, as the server has it at submit. */
    inference: inlineInference,
    /** As a pushed teacher's. */
    modality: modality.optional(),
    /** `gray` logits, `black` the class that it answers. No features leave a server. */
    access: word('gray', 'black').default('gray'),
    weight,
  },
  { model: NOT_BOTH },
);
const teacher = choose([pushedTeacher, servedTeacher], (input) =>
  isMapping(input) && input['inference'] !== undefined ? servedTeacher : pushedTeacher,
);

const mountedDataset = section({
  /** Absolute path below the datasets root, on a volume that coordinator and workers mount alike. */
  path: text('an absolute path', /^\//),
  digest: text('sha256: and 64 hex digits', /^sha256:[0-9a-f]{64}$/),
});

const DATASET = 'the name of a pushed set, or { path, digest } on a mounted volume';
const dataset = choose([name, mountedDataset], (input) => {
  if (typeof input === 'string') return name;
  return isMapping(input) ? mountedDataset : { path: '', message: wants(DATASET)({ input }) };
});

const architectures = {
  mlp: section({
    architecture: z.literal('mlp'),
    hiddenUnits: list(count, 'a list of at most 16 layers’ units', { atMost: 16 }).default([
      30, 30,
    ]),
    /** Share of each hidden layer's units that are dropped in training, in [0, 1). */
    dropout: share.default(0),
  }),
  lenet: section({ architecture: z.literal('lenet') }),
  conv: section({
    architecture: z.literal('conv'),
    filters: list(count, 'a list of 1 to 8 layers’ filters', { atLeast: 1, atMost: 8 }).default([
      16, 32,
    ]),
    denseUnits: list(count, 'a list of at most 8 layers’ units', { atMost: 8 }).default([64]),
  }),
  resnet: section({
    architecture: z.literal('resnet'),
    /** 6n + 2 layers. He et al. 2016, §4.2. */
    depth: z.literal([8, 20], { error: wants('8 or 20') }).default(8),
  }),
  'embedding-bag': section({
    architecture: z.literal('embedding-bag'),
    /** Length of the vector that stands for each number of a flat sample: for each n-gram of a text. */
    dimension: count.default(64),
    /** Of layers between the sum of vectors and the logits. */
    hiddenUnits: list(count, 'a list of at most 16 layers’ units', { atMost: 16 }).default([]),
  }),
};
const startingModel = section({ model: modelReference });

const STUDENT_MODEL = `{ architecture: ${Object.keys(architectures).join(' | ')}, … } or { model: NAME }`;
const architecture = word('mlp', 'lenet', 'conv', 'resnet', 'embedding-bag');
const studentModel = choose([...Object.values(architectures), startingModel], (input) => {
  if (!isMapping(input)) return { path: '', message: wants(STUDENT_MODEL)({ input }) };
  const given = input['architecture'];
  if (given === undefined) {
    if (input['model'] !== undefined) return startingModel;
    return { path: '', message: `names no architecture and no model; want ${STUDENT_MODEL}` };
  }
  const known = architecture.safeParse(given);
  if (known.success) return architectures[known.data];
  return { path: 'architecture', message: known.error.issues[0]?.message ?? '' };
});

/** Steps over which the rate rises linearly from 0. */
const warmupSteps = stepCount.default(0);
const constantRate = positive.transform((rate) => ({ constant: { rate, warmupSteps: 0 } }));
const schedules = {
  constant: section({ constant: section({ rate: positive, warmupSteps }) }),
  step: section({
    step: section({
      initial: positive,
      factor: positive.default(0.1),
      atSteps: list(count, 'a list of steps', { atLeast: 1 }),
      warmupSteps,
    }),
  }),
  cosine: section({
    cosine: section({ peak: positive, final: notNegative.default(0), warmupSteps }),
  }),
};

const LEARNING_RATE = 'a number, or one of { constant }, { step } and { cosine } with its settings';
const schedule = word('constant', 'step', 'cosine');
const learningRate = choose([constantRate, ...Object.values(schedules)], (input) => {
  if (typeof input === 'number') return constantRate;
  const keys = isMapping(input) ? Object.keys(input) : [];
  const known = keys.flatMap((key) => schedule.safeParse(key).data ?? []);
  const [first] = known;
  if (first !== undefined && known.length === 1) return schedules[first];
  if (known.length > 1) {
    return { path: '', message: `has ${listed(known, 'and')}; want only one of them` };
  }
  return { path: '', message: wants(LEARNING_RATE)({ input }) };
});

const training = section({
  optimizer: word('adam', 'sgd', 'momentum').default('adam'),
  /** For `momentum` only. */
  momentum: share.optional(),
  nesterov: flag().optional(),
  learningRate: learningRate.prefault(0.001),
  /** Decoupled for adam (Loshchilov & Hutter 2019), an L2 gradient for sgd and momentum. */
  weightDecay: notNegative.default(0),
  /** Greatest global norm of the gradient; absent: not clipped. */
  clipNorm: positive.optional(),
  batchSize: wholeNumber('a whole number from 1 to 65536', { above: 0, atMost: 65_536 }).default(
    128,
  ),
  /** Passes over the samples trained on. At most one of `epochs` and `steps`; default 10 epochs. */
  epochs: count.optional(),
  steps: count.optional(),
  seed: seed.default(1),
  checkpointEverySteps: count.default(200),
}).transform((t) => (t.epochs === undefined && t.steps === undefined ? { ...t, epochs: 10 } : t));

const selection = section({
  /** The test split is scored once, at the end. */
  split: word('validation').default('validation'),
  metric: word('nll', 'accuracy').default('nll'),
  /** Steps between two passes over the validation split; default one pass over the transfer set. */
  everySteps: count.optional(),
});

const LABEL_TEXT = 'a text of at most 200 characters';
const metadata = section({
  name,
  team: text('a text of at most 100 characters', /^.{0,100}$/su).optional(),
  labels: z
    .record(
      text('a label of at most 63 characters', /^.{0,63}$/su),
      text(LABEL_TEXT, /^.{0,200}$/su),
      {
        error: wants('a mapping from labels to texts'),
      },
    )
    .optional(),
});

const someLabels = section({ count, seed: seed.default(1) });
const allLabels = z.literal('all');
/** A stratified choice of training samples that keep their label; the rest count as unlabelled. */
const labels = choose([allLabels, someLabels], (input) => {
  if (input === 'all') return allLabels;
  return isMapping(input)
    ? someLabels
    : { path: '', message: wants('all, or { count, seed }')({ input }) };
});

const baseline = text(
  'none, train (also trains the student alone), or run:ID (that run was it)',
  new RegExp(`^(?:none|train|run:${NAME})$`),
);

const retention = section({
  /** Seconds after its end after which the run is deleted; absent: it is kept until somebody deletes it. */
  ttlAfterFinished: count.optional(),
});

/** As a teacher's. */
const studentModality = modality.optional();

const student = section({
  model: studentModel,
  modality: studentModality,
  /** `train`: also train the student alone; `run:ID`: that run was it. */
  baseline: baseline.default('none'),
  /** Further rows of the report's table. */
  references: section({ studentAllLabels: runReference.optional() }).default({}),
});

const API_VERSION = 'lyceum.dev/v1alpha1';
const head = { apiVersion: z.literal(API_VERSION, { error: wants(API_VERSION) }), metadata };

const distillation = section({
  ...head,
  kind: z.literal('Distillation'),
  spec: section({
    dataset,
    teachers: list(teacher, 'a list of 1 to 64 teachers', { atLeast: 1, atMost: 64 }),
    labels: labels.default('all'),
    ensemble: ensemble.prefault({}),
    student,
    objective: list(term, 'a list of 1 to 8 terms', { atLeast: 1, atMost: 8 }).prefault([
      ...DEFAULT_OBJECTIVE,
    ]),
    answers: answers.prefault({}),
    views: views.optional(),
    training: training.prefault({}),
    selection: selection.prefault({}),
    retention: retention.optional(),
    ...teacherHealthFields,
  }),
});

const OF_DISTILLATION = 'belongs to kind: Distillation, and this is kind: Training';
const OF_DISTILLATION_ALONE = {
  teachers: OF_DISTILLATION,
  ensemble: OF_DISTILLATION,
  answers: OF_DISTILLATION,
  determinism: OF_DISTILLATION,
  teacherHealth: OF_DISTILLATION,
};
const trainingAlone = section({
  ...head,
  kind: z.literal('Training'),
  spec: section(
    {
      dataset,
      labels: labels.default('all'),
      student: section(
        { model: studentModel, modality: studentModality },
        { baseline: OF_DISTILLATION, references: OF_DISTILLATION },
      ),
      objective: list(termAlone, 'a list of the one term ce', { atLeast: 1, atMost: 1 }).prefault([
        { term: 'ce', weight: 1 },
      ]),
      views: views.optional(),
      training: training.prefault({}),
      selection: selection.prefault({}),
      retention: retention.optional(),
    },
    OF_DISTILLATION_ALONE,
  ),
});

/** Of a document whose kind is not known: what it has shows which was meant, so that all its problems are told at once. */
const kind = word('Distillation', 'Training');
const looksLikeDistillation = section({ ...head, kind, spec: distillation.shape.spec });
const looksLikeTraining = section({ ...head, kind, spec: trainingAlone.shape.spec });

/** True of a document that is, or seems to be meant as, a distillation. */
export function meansDistillation(document: unknown): boolean {
  if (!isMapping(document)) return false;
  if (document['kind'] === 'Distillation') return true;
  const spec = document['spec'];
  return (
    document['kind'] !== 'Training' &&
    isMapping(spec) &&
    Object.keys(OF_DISTILLATION_ALONE).some((key) => spec[key] !== undefined)
  );
}

export const runSpecification = choose([distillation, trainingAlone], (input) => {
  if (isMapping(input) && input['kind'] === 'Distillation') return distillation;
  if (isMapping(input) && input['kind'] === 'Training') return trainingAlone;
  if (isMapping(input) && input['kind'] === 'Imitation') {
    const message =
      'is run stage by stage: coordinator imitation collect, then check, then train; the last submits a run';
    return { path: 'kind', message };
  }
  // Neither accepts: the kind is none of theirs.
  const meant = meansDistillation(input) ? looksLikeDistillation : looksLikeTraining;
  return meant as unknown as typeof distillation;
});

export type DistillationSpecification = z.output<typeof distillation>;
type TrainingSpecification = z.output<typeof trainingAlone>;
export type RunSpecification = DistillationSpecification | TrainingSpecification;
export type TrainingSettings = z.output<typeof training>;
export type LearningRateSettings = z.output<typeof learningRate>;
export type StudentModelSettings = z.output<typeof studentModel>;
export type LabelSettings = z.output<typeof labels>;
