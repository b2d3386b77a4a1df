/**
 * The schema of a run as its user writes it: every field, its default and what it wants.
 *
 * What must hold between fields is in run-specification-rules.ts.
 */
import { MODALITY_NAME, MODALITY_NAME_RULE } from '@lyceum/proto';
import { z } from 'zod';
import { ARCHITECTURE_NAMES, ARCHITECTURES, architectureNamed } from '../architectures/index.js';
import {
  choose,
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
import { SCHEDULES, scheduleNamed } from '../learning-rates/index.js';
import { OPTIMIZER_FIELDS, OPTIMIZER_NAMES, OPTIMIZERS } from '../optimizers/index.js';
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
const count = wholeNumber('a whole number greater than 0', { above: 0 });
const seed = wholeNumber('a whole number from 0 to 4294967295', { atLeast: 0, atMost: 0xffffffff });

const modality = text(`a modality's name: ${MODALITY_NAME_RULE}`, MODALITY_NAME);

/** The name of a teacher of any kind. */
const teacherName = name.describe(
  'Name of the teacher in this run, by which terms and the report name it.',
);
const teacherModality = modality
  .optional()
  .describe(
    "The data set's modality that the teacher sees; by default what its model's settings say, or the set's only one.",
  );
const weight = notNegative
  .default(1)
  .describe("The teacher's relative share in the ensemble; shares need not sum to 1.");

const pushedTeacher = section({
  name: teacherName,
  model: modelReference.describe(
    'The name of a pushed model, or run:ID for the student of an earlier run.',
  ),
  modality: teacherModality,
  access: word('white', 'gray', 'black')
    .default('white')
    .describe(
      'What leaves the teacher, even if its model could give more: white, logits and features; gray, logits; black, the class that it answers.',
    ),
  weight,
});

const NOT_BOTH = 'give model or inference, not both';
const servedTeacher = section(
  {
    name: teacherName,
    inference: inlineInference.describe(
      'A model behind an Open Inference server; it is stored as a pushed model is, as the server has it at submit.',
    ),
    modality: teacherModality,
    access: word('gray', 'black')
      .default('gray')
      .describe(
        'What leaves the teacher: gray, logits; black, the class that it answers. No features leave a server.',
      ),
    weight,
  },
  { model: NOT_BOTH },
);
const teacher = choose([pushedTeacher, servedTeacher], (input) =>
  isMapping(input) && input['inference'] !== undefined ? servedTeacher : pushedTeacher,
);

const mountedDataset = section({
  path: text('an absolute path', /^\//).describe(
    'Absolute path below the datasets root, on a volume that coordinator and workers mount alike.',
  ),
  digest: text('sha256: and 64 hex digits', /^sha256:[0-9a-f]{64}$/).describe(
    'SHA-256 of the data set: sha256: and 64 hex digits.',
  ),
});

const DATASET = 'the name of a pushed set, or { path, digest } on a mounted volume';
const dataset = choose([name, mountedDataset], (input) => {
  if (typeof input === 'string') return name;
  return isMapping(input) ? mountedDataset : { path: '', message: wants(DATASET)({ input }) };
}).describe(
  'The data set: the name of a pushed one, or path and digest of one on a mounted volume.',
);

const startingModel = section({
  model: modelReference.describe(
    'The model that the student starts from: the name of a pushed one, or run:ID for the student of an earlier run.',
  ),
});

const STUDENT_MODEL = `{ architecture: ${ARCHITECTURE_NAMES.join(' | ')}, … } or { model: NAME }`;
const architectureName = word(...ARCHITECTURE_NAMES);
const architectureForms = ARCHITECTURES.map(({ settings }) => settings);
const studentModel = choose([...architectureForms, startingModel], (input) => {
  if (!isMapping(input)) return { path: '', message: wants(STUDENT_MODEL)({ input }) };
  const given = input['architecture'];
  if (given === undefined) {
    if (input['model'] !== undefined) return startingModel;
    return { path: '', message: `names no architecture and no model; want ${STUDENT_MODEL}` };
  }
  const own = architectureNamed(given);
  if (own !== undefined) return own.settings;
  const known = architectureName.safeParse(given);
  return { path: 'architecture', message: known.error?.issues[0]?.message ?? '' };
});

const positiveRate = positive.transform((rate) => ({ constant: { rate, warmupSteps: 0 } }));
const scheduleForms = SCHEDULES.map(({ settings }) => settings);
const SCHEDULE_NAMES = SCHEDULES.map(({ name }) => `{ ${name} }`);
const LEARNING_RATE = `a number, or one of ${listed(SCHEDULE_NAMES, 'and')} with its settings`;
const learningRate = choose([positiveRate, ...scheduleForms], (input) => {
  if (typeof input === 'number') return positiveRate;
  const keys = isMapping(input) ? Object.keys(input) : [];
  const known = keys.flatMap((key) => scheduleNamed(key) ?? []);
  const [first] = known;
  if (first !== undefined && known.length === 1) return first.settings;
  if (known.length > 1) {
    const names = known.map(({ name }) => name);
    return { path: '', message: `has ${listed(names, 'and')}; want only one of them` };
  }
  return { path: '', message: wants(LEARNING_RATE)({ input }) };
});

const training = section({
  optimizer: word(...OPTIMIZER_NAMES)
    .default(OPTIMIZER_NAMES[0])
    .describe(`The optimiser: ${listed(OPTIMIZERS.map(({ text }) => text))}.`),
  ...OPTIMIZER_FIELDS,
  learningRate: learningRate
    .prefault(0.001)
    .describe('The learning rate: a number for all steps, or a schedule with its settings.'),
  weightDecay: notNegative
    .default(0)
    .describe(
      'Weight decay of all trained numbers, biases too: decoupled for adam (Loshchilov & Hutter 2019), an L2 gradient for sgd and momentum; 0, the default, is none.',
    ),
  clipNorm: positive
    .optional()
    .describe('Greatest global norm of the gradient; absent, it is not clipped.'),
  batchSize: wholeNumber('a whole number from 1 to 65536', { above: 0, atMost: 65_536 })
    .default(128)
    .describe('Samples in a batch.'),
  epochs: count
    .optional()
    .describe(
      'Passes over the samples trained on; give epochs or steps, not both; 10 epochs by default.',
    ),
  steps: count.optional().describe('Steps of the run, a batch each, instead of epochs.'),
  seed: seed
    .default(1)
    .describe("Seed of the student's first weights, of dropout and of the order of samples."),
  order: word('full', 'chunks')
    .optional()
    .describe(
      'Of a set in shards: whether each epoch shuffles all samples (full), or chunks and then the samples of some chunks at a time (chunks); absent, its size decides.',
    ),
  checkpointEverySteps: count
    .default(200)
    .describe('Steps between two checkpoints; a student that dies loses at most as many.'),
}).transform((t) => (t.epochs === undefined && t.steps === undefined ? { ...t, epochs: 10 } : t));

const selection = section({
  split: word('validation')
    .default('validation')
    .describe('The split that selects; the test split is scored once, at the end.'),
  metric: word('nll', 'accuracy')
    .default('nll')
    .describe(
      'What is compared: the least nll (negative log-likelihood) or the greatest accuracy.',
    ),
  everySteps: count
    .optional()
    .describe(
      'Steps between two passes over the validation split; by default as many as a pass over the train split takes.',
    ),
});

const LABEL_TEXT = 'a text of at most 200 characters';
const metadata = section({
  name: name.describe('Name of the run, and its id where none is given at submit.'),
  team: text('a text of at most 100 characters', /^.{0,100}$/su)
    .optional()
    .describe('Whose run it is; runs and costs can be listed by team.'),
  labels: z
    .record(
      text('a label of at most 63 characters', /^.{0,63}$/su),
      text(LABEL_TEXT, /^.{0,200}$/su),
      {
        error: wants('a mapping from labels to texts'),
      },
    )
    .optional()
    .describe('Texts of your own by name, by which runs can be listed.'),
}).describe('What the run is called, and whose it is.');

const someLabels = section({
  count: count.describe(
    'Training samples that keep their label, a number and no share, chosen near proportionally by class.',
  ),
  seed: seed.default(1).describe('Seed of the choice.'),
});
const allLabels = z.literal('all');
const labels = choose([allLabels, someLabels], (input) => {
  if (input === 'all') return allLabels;
  return isMapping(input)
    ? someLabels
    : { path: '', message: wants('all, or { count, seed }')({ input }) };
})
  .default('all')
  .describe(
    'The training samples that keep their label: all, or a choice of so many; the rest count as unlabelled.',
  );

const baseline = text(
  'none, train (also trains the student alone), or run:ID (an earlier run that did so)',
  new RegExp(`^(?:none|train|run:${NAME})$`),
);

const retention = section({
  ttlAfterFinished: count
    .optional()
    .describe(
      'Seconds after its end after which the run is deleted; absent, it is kept until somebody deletes it.',
    ),
});

const studentFields = {
  model: studentModel.describe(
    "The student's architecture with its sizes, or the model that it starts from.",
  ),
  modality: modality
    .optional()
    .describe(
      "The data set's modality that the student sees; by default what the model that it starts from says, or the set's only one.",
    ),
};

const student = section({
  ...studentFields,
  baseline: baseline
    .default('none')
    .describe(
      'The student without teachers, for the report: none, train (also trains it alone), or run:ID (an earlier run that did so).',
    ),
  references: section({
    studentAllLabels: runReference
      .optional()
      .describe('run:ID of an earlier run that trained such a student with all labels.'),
  })
    .default({})
    .describe("Further rows of the report's table."),
});

const API_VERSION = 'lyceum.dev/v1alpha1';
const head = {
  apiVersion: z
    .literal(API_VERSION, { error: wants(API_VERSION) })
    .describe('Version of the document.'),
  metadata,
};

/** Fields of runs of both kinds. */
const trainingFields = {
  views: views
    .optional()
    .describe(
      'How training samples are changed from epoch to epoch; absent, they are as they are.',
    ),
  training: training.prefault({}).describe('How the student is trained.'),
  selection: selection
    .prefault({})
    .describe('Which of the validated states of the student is kept as the best.'),
  retention: retention.optional().describe('How long the run is kept after its end.'),
};
const OBJECTIVE = 'The terms whose weighted sum the student minimises.';

const distillation = section({
  ...head,
  kind: z.literal('Distillation').describe('A student is taught by teachers.'),
  spec: section({
    dataset,
    teachers: list(teacher, 'a list of 1 to 64 teachers', { atLeast: 1, atMost: 64 }).describe(
      'The teachers, whose names differ.',
    ),
    labels,
    ensemble: ensemble.prefault({}).describe("How the teachers' answers are combined."),
    student: student.describe('The model that is trained, and what the report compares it with.'),
    objective: list(term, 'a list of 1 to 8 terms', { atLeast: 1, atMost: 8 })
      .prefault([...DEFAULT_OBJECTIVE])
      .describe(OBJECTIVE),
    answers: answers.prefault({}).describe("How the teachers' answers are stored."),
    ...trainingFields,
    ...teacherHealthFields,
  }).describe('Who teaches what student, on which data, and how.'),
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
  kind: z.literal('Training').describe('A model is trained on labels alone.'),
  spec: section(
    {
      dataset,
      labels,
      student: section(studentFields, {
        baseline: OF_DISTILLATION,
        references: OF_DISTILLATION,
      }).describe('The model that is trained.'),
      objective: list(termAlone, 'a list of the one term ce', { atLeast: 1, atMost: 1 })
        .prefault([{ term: 'ce', weight: 1 }])
        .describe(OBJECTIVE),
      ...trainingFields,
    },
    OF_DISTILLATION_ALONE,
  ).describe('What model is trained, on which data, and how.'),
});

/** For a document with an unknown kind: its fields show which kind was meant, so that one error lists all problems. */
const kind = word('Distillation', 'Training');
const looksLikeDistillation = section({ ...head, kind, spec: distillation.shape.spec });
const looksLikeTraining = section({ ...head, kind, spec: trainingAlone.shape.spec });

/** Whether a document is a distillation, or seems to be meant as one. */
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
  // Both schemas refuse this document, since they also want a kind that exists.
  const meant = meansDistillation(input) ? looksLikeDistillation : looksLikeTraining;
  return meant as unknown as typeof distillation;
});

export type DistillationSpecification = z.output<typeof distillation>;
type TrainingSpecification = z.output<typeof trainingAlone>;
export type RunSpecification = DistillationSpecification | TrainingSpecification;
export type LabelSettings = z.output<typeof labels>;
