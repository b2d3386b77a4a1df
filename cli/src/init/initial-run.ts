/** Writes a first run as a document with comments, for its author to change. Pure. */
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
  /** Pushed models or `run:ID`; empty: the document trains a model alone, which may teach others later. */
  readonly teachers: readonly InitialTeacher[];
  readonly student: ArchitectureName;
  /** If the set has several modalities: the one that the student sees, and the others. */
  readonly modality?: { readonly name: string; readonly others: readonly string[] } | undefined;
  /** Number of samples in an epoch of the run; undefined: not known. */
  readonly epochSamples?: number | undefined;
}

interface Described {
  readonly name: string;
  /** The cluster's description; becomes a comment. */
  readonly description?: string | undefined;
}

interface InitialTeacher extends Described {
  /** The teacher answers with a class only. */
  readonly classesOnly?: boolean;
}

const BATCH_SIZE = 128;

/** Schedules that the comment names: without `cosine`, which the line has, and `constant`, written as a number. */
const OTHER_SCHEDULES = SCHEDULES.map(({ name }) => name)
  .filter((name) => name !== 'cosine' && name !== 'constant')
  .map((name) => `{ ${name}: … }`);

/** With fewer steps, the student of a small set has hardly learnt anything when the run ends. */
const STEPS_MIN_COUNT = 500;
const EPOCHS_MIN_COUNT = 10;
/** More epochs take long on a small set: each epoch ends with an evaluation on the validation split. */
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

/** The number of epochs, in tens, that makes enough steps for a student. */
function epochsLines(epochSamples: number | undefined): string[] {
  if (epochSamples === undefined) return [`    epochs: ${EPOCHS_MIN_COUNT}`];
  const steps = Math.max(1, Math.ceil(epochSamples / BATCH_SIZE));
  const wanted = 10 * Math.ceil(STEPS_MIN_COUNT / steps / 10);
  const epochs = Math.min(Math.max(wanted, EPOCHS_MIN_COUNT), EPOCHS_MAX_COUNT);
  const unit = steps === 1 ? 'one step' : `${steps.toLocaleString('en')} steps`;
  return [`    epochs: ${epochs}   # of ${unit} each`];
}

/** Terms that suit the teachers: kd needs logits; a teacher that answers with a class only gets vote. */
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
    `  # What the student minimises: ${open.length > 0 ? 'kd is the distance to the teachers at a temperature, ' : ''}${black.length > 0 ? "vote is the distance to the teachers' classes, " : ''}ce the distance to the labels.`,
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

/** The coordinator's text as a comment: without line ends and without control characters. */
function oneLine(text: string): string {
  return printable(text.replaceAll(/\s+/g, ' '));
}

/** The text as a YAML scalar that is read as a text again: a set may be called 1.0. */
function scalar(text: string): string {
  return printableYaml(text).trim();
}
