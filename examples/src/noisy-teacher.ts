/**
 * `noisy-teacher`: does a fitted rule beat the plain mean, if one teacher is good, one learned from wrong labels, and
 * one from few labels? And which teacher could be dropped, at what loss?
 *
 * The noisy teacher is trained on digits with 60 % wrong training labels, the weak teacher on 50 labels. The rules
 * are fitted on the validation split, on which no teacher was trained: weights measured on the teachers' own
 * training samples would be nearly equal. The student never sees a label, so that its accuracy shows what the rule
 * made of the teachers.
 */
import { mulberry32 } from '@lyceum/learning/arrays';
import { SPLIT_NUMBERS } from '@lyceum/learning/datasets';
import { packagedParts } from '@lyceum/learning/import';
import {
  type ExampleContext,
  finish,
  finishSweep,
  firstSeeds,
  printLines,
  pushParts,
  specificationFile,
} from './example.js';

const NOISE_SEED = 1;
const NOISE_SHARE = 0.6;

/** The run whose teachers' worth is measured. It takes the plain mean: a bad teacher counts as much as a good one. */
const WORTH_RUN = 'rules-arithmetic-seed1';

/** The plain mean first: the others are compared with it. */
const RULES = ['arithmetic', 'accuracy', 'mixture-em', 'per-class'];

const PUBLISHED = [
  'No table of exactly this was published. Known: with teachers that are about equally good, the plain mean is within',
  '0.5 to 1.5 points of every scheme of weights; weights are meant for unequal teachers.',
];

export async function noisyTeacher(context: ExampleContext): Promise<void> {
  const { coordinator, cacheFolder, seeds } = context;
  const digits = packagedParts('digits', cacheFolder);
  await coordinator('datasets', 'push', 'digits', 'digits');
  await pushParts(context, 'digits-noisy', { ...digits, labels: noisy(digits) });
  for (const teacher of ['good', 'noisy', 'weak']) {
    await finish(context, specificationFile('noisy-teacher', teacher));
  }
  const evaluation = ['--teachers', 'run:good,run:noisy,run:weak', '--dataset', 'digits'];
  const teachers = await coordinator(
    'ensemble',
    'evaluate',
    ...evaluation,
    '--rules',
    RULES.join(),
  );
  const table = await finishSweep(
    context,
    specificationFile('noisy-teacher', 'rules'),
    firstSeeds(seeds),
    `ensemble.combine=${RULES.join()}`,
  );
  const verdicts = table.arms.slice(1).map(({ values, difference }) => {
    const rule = String(values['ensemble.combine']);
    if (difference === null) return `${rule} was not compared.`;
    const is =
      difference.low > 0
        ? 'beats'
        : difference.high < 0
          ? 'is worse than'
          : 'does not clearly differ from';
    return `${rule} ${is} the plain mean over ${difference.pairCount} paired seeds.`;
  });
  process.stderr.write(`students without each teacher …\n`);
  const seedCount = ['--seeds', String(seeds)];
  const worth = await coordinator('ensemble', 'worth', WORTH_RUN, '--students', ...seedCount);
  printLines([
    'Teachers and rules on the test split:',
    teachers,
    'Students, by the rule that made their targets:',
    await coordinator('sweep', 'table', table.sweep),
    ...verdicts,
    'What each teacher cost, and what the ensemble and the students of the plain mean lose without it:',
    worth,
    ...PUBLISHED,
  ]);
}

/** The labels, with a share of the training samples moved to other classes, drawn evenly. Other splits stay right. */
function noisy({ labels, splits, classCount }: ReturnType<typeof packagedParts>): Int32Array {
  return labels.map((label, sample) => {
    const isWrong = mulberry32(NOISE_SEED, 2 * sample) < NOISE_SHARE;
    if (splits[sample] !== SPLIT_NUMBERS.train || !isWrong) return label;
    const step = 1 + Math.floor(mulberry32(NOISE_SEED, 2 * sample + 1) * (classCount - 1));
    return (label + step) % classCount;
  });
}
