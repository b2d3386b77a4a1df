/** A first run as a document with comments, which its author then changes. Pure. */
import {
  ARCHITECTURE_NAMES,
  type ArchitectureName,
  architectureOf,
} from '@lyceum/learning/architectures';
import { SCHEDULES } from '@lyceum/learning/learning-rates';
import { OPTIMIZER_NAMES } from '@lyceum/learning/optimizers';
import { printable } from '@lyceum/proto';
import { printableYaml } from '../session/index.js';

export interface InitialRun {
  readonly name: string;
  readonly dataset: Described;
  /** Pushed models or `run:ID`; none: a model is trained alone, to teach others perhaps. */
  readonly teachers: readonly InitialTeacher[];
  readonly student: ArchitectureName;
  /** Of a set of several modalities: what the student sees, and what else there is. */
  readonly modality?: { readonly name: string; readonly others: readonly string[] } | undefined;
  /** That an epoch of the run goes through; undefined: nobody knows. */
  readonly epochSamples?: number | undefined;
}

interface Described {
  readonly name: string;
  /** What the cluster knows of it; becomes a comment. */
  readonly description?: string | undefined;
}

interface InitialTeacher extends Described {
  /** It answers with a class alone. */
  readonly classesOnly?: boolean;
}

const BATCH_SIZE = 128;

/** A constant rate is a number. */
const OTHER_SCHEDULES = SCHEDULES.map(({ name }) => name)
  .filter((name) => name !== 'cosine' && name !== 'constant')
  .map((name) => `{ ${name}: … }`);

/** Fewer steps end before the learning rate has come down from its peak, and a small set's student has learnt nothing. */
const STEPS_MIN_COUNT = 500;
const EPOCHS_MIN_COUNT = 10;
/** Each epoch ends with a look at the validation split. */
const EPOCHS_MAX_COUNT = 200;

export function initialRunText(run: InitialRun): string {
  const { name, dataset, teachers, student, modality } = run;
  const isTaught = teachers.length > 0;
  const lines = [
    ...(isTaught
      ? [
          '# A student that learns from teachers. Every field and its default: coordinator validate FILE -o yaml',
        ]
      : [
          '# A model trained alone, on labels. Once it has succeeded it can teach others, as run:NAME.',
          '# Every field and its default: coordinator validate FILE -o yaml',
        ]),
    'apiVersion: lyceum.dev/v1alpha1',
    `kind: ${isTaught ? 'Distillation' : 'Training'}`,
    `metadata: { name: ${scalar(name)} }   # the run's id, unless submit --run-id gives another`,
    'spec:',
    ...commented(dataset.description, 'of the set: '),
    `  dataset: ${scalar(dataset.name)}`,
    '',
    ...(isTaught ? teacherLines(teachers) : []),
    '  # labels: { count: 200, seed: 1 }   # only so many training samples keep their label; all by default',
    '',
    '  student:',
    `    # Another architecture: ${ARCHITECTURE_NAMES.filter((other) => other !== student).join(', ')}; or { model: NAME }, a pushed model to go on from.`,
    `    model: ${architectureOf({ architecture: student }).example}`,
    ...(modality === undefined
      ? []
      : [
          `    modality: ${scalar(modality.name)}   # what the student sees${alternatives(modality.others)}`,
        ]),
    ...(isTaught
      ? [
          '    baseline: train   # also trains the student alone, to see what the teachers are worth',
        ]
      : []),
    '',
    ...(isTaught ? objectiveLines(teachers) : []),
    '  training:',
    `    optimizer: adam   # or ${OPTIMIZER_NAMES.filter((other) => other !== 'adam').join(', ')}`,
    `    learningRate: { cosine: { peak: 0.002, warmupSteps: 50 } }   # or a number, or ${OTHER_SCHEDULES.join(', ')}`,
    `    batchSize: ${BATCH_SIZE}`,
    ...epochsLines(run.epochSamples),
    '    seed: 1   # submit --sweep training.seed=1,2,3 says how much of a difference is chance',
  ];
  return `${lines.join('\n')}\n`;
}

function alternatives(others: readonly string[]): string {
  return others.length === 0 ? '' : `; or ${oneLine(others.join(', '))}`;
}

/** As many epochs, in tens, as make the steps that a student needs. */
function epochsLines(epochSamples: number | undefined): string[] {
  if (epochSamples === undefined) return [`    epochs: ${EPOCHS_MIN_COUNT}`];
  const steps = Math.max(1, Math.ceil(epochSamples / BATCH_SIZE));
  const wanted = 10 * Math.ceil(STEPS_MIN_COUNT / steps / 10);
  const epochs = Math.min(Math.max(wanted, EPOCHS_MIN_COUNT), EPOCHS_MAX_COUNT);
  const unit = steps === 1 ? 'one step' : `${steps.toLocaleString('en')} steps`;
  return [`    epochs: ${epochs}   # of ${unit} each`];
}

/** Terms of what each teacher gives: kd needs more than a class. */
function objectiveLines(teachers: readonly InitialTeacher[]): string[] {
  const names = teacherNames(teachers);
  const [open, black] = [false, true].map((only) =>
    names.filter((_, index) => (teachers[index]?.classesOnly === true) === only),
  ) as [string[], string[]];
  const isMixed = open.length > 0 && black.length > 0;
  const of = (some: readonly string[]) =>
    isMixed ? `, teachers: [${some.map(scalar).join(', ')}]` : '';
  const share = isMixed ? 0.45 : 0.9;
  const kd = `    - { term: kd, weight: ${share}, temperature: 2${of(open)} }`;
  const vote = `    - { term: vote, weight: ${share}${of(black)} }`;
  return [
    `  # What the student minimises: ${open.length > 0 ? 'kd is the distance to the teachers at a temperature, ' : ''}${black.length > 0 ? 'vote that to the classes that they say, ' : ''}ce that to the labels.`,
    '  objective:',
    ...(open.length > 0 ? [kd] : []),
    ...(black.length > 0 ? [vote] : []),
    '    - { term: ce, weight: 0.1 }',
    '',
  ];
}

function teacherNames(teachers: readonly InitialTeacher[]): string[] {
  return distinctNames(teachers.map(({ name }) => name.replace(/^run:/, '')));
}

function teacherLines(teachers: readonly InitialTeacher[]): string[] {
  const names = teacherNames(teachers);
  return [
    '  # Pushed models, or run:ID for the model that a run trained.',
    '  teachers:',
    ...teachers.flatMap(({ name, description, classesOnly }, index) => [
      ...commented(description, '  '),
      `    - { name: ${scalar(names[index] ?? name)}, model: ${scalar(name)}${classesOnly === true ? ', access: black' : ''} }`,
    ]),
    '  ensemble: { combine: arithmetic }   # coordinator ensemble evaluate says which rule does best',
    '',
  ];
}

/** Two teachers of a run have different names: `wide`, `wide-2`. */
function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let n = 2; taken.has(free); n++) free = `${name}-${n}`;
    taken.add(free);
    return free;
  });
}

function commented(text: string | undefined, before: string): string[] {
  return text === undefined ? [] : [`  # ${before}${oneLine(text)}`];
}

/** What the coordinator says, as a comment: it ends no line, and no terminal obeys it. */
function oneLine(text: string): string {
  return printable(text.replaceAll(/\s+/g, ' '));
}

/** As it must be written to be read as a text: a set may be called 1.0. */
function scalar(text: string): string {
  return printableYaml(text).trim();
}
