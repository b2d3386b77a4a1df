/**
 * `fashion-seeds`: does distillation help a 30-unit student on Fashion-MNIST, and when?
 *
 * Three teachers are trained once on all labels. Then, for each seed, the same student (same initial weights,
 * same number of steps) is trained alone and from the teachers, once with 2 % of the labels and once with all.
 * The example prints the paired difference on the fixed test split.
 *
 * `fashion-seeds/reference.py` trains the same models in PyTorch, for comparison.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '@lyceum/cli/client';
import type { ExampleContext } from './example.js';
import { meanDifference, percent } from './tables.js';

const SPECIFICATIONS = fileURLToPath(new URL('../fashion-seeds/', import.meta.url));
const TEACHERS = ['mlp', 'lenet', 'conv'] as const;

/** Name and value of `spec.labels`; 980 are 2 % of the training split. */
const LABELS = [
  ['2 %', '{ count: 980, seed: 1 }'],
  ['all', 'all'],
] as const;

/** Accuracies of one seed. */
interface Pair {
  readonly alone: number;
  readonly distilled: number;
}

/** Known results, printed beside the measured ones. */
const EXPECTED = [
  'In PyTorch (20 epochs, this student): alone 78 % with 2 % of the labels and 88.1 % with all; distilled with all',
  'labels 87.9 % at temperature 1. With all labels, and teachers trained on the same samples, distillation need',
  'not help a student this small.',
];

export async function fashionSeeds({ coordinator, seeds }: ExampleContext): Promise<void> {
  await coordinator('datasets', 'push', 'fashion', 'fashion');
  const finish = async (file: string, name: string, ...changes: string[]): Promise<Report> => {
    const sets = [`metadata.name=${name}`, ...changes].flatMap((change) => ['--set', change]);
    await coordinator('submit', path.join(SPECIFICATIONS, `${file}.yaml`), '--wait', ...sets);
    const report = JSON.parse(await coordinator('report', name, '--output', 'json')) as Report;
    process.stderr.write(`${name}: ${percent(report.student.accuracy)}\n`);
    return report;
  };

  const lines: string[] = [];
  for (const teacher of TEACHERS) {
    const name = `teacher-${teacher}`;
    const { student } = await finish(name, name);
    lines.push(`${name.padEnd(16)}${percent(student.accuracy)}`);
  }
  const pairs = LABELS.map((): Pair[] => []);
  for (let seed = 1; seed <= seeds; seed++) {
    for (const [index, [, labels]] of LABELS.entries()) {
      const changes = [`spec.labels=${labels}`, `spec.training.seed=${seed}`];
      // Both at once, on two student workers: all answers are stored after the first epoch of the first run.
      const [alone, distilled] = await Promise.all([
        finish('alone', `alone-${index}-${seed}`, ...changes),
        finish('distilled', `distilled-${index}-${seed}`, ...changes),
      ]);
      if (seed === 1 && index === 0) {
        lines.push(`${'ensemble'.padEnd(16)}${percent(distilled.ensemble?.accuracy ?? null)}`, '');
      }
      pairs[index]?.push({
        alone: (alone.student.accuracy ?? Number.NaN) * 100,
        distilled: (distilled.student.accuracy ?? Number.NaN) * 100,
      });
    }
  }
  lines.push(
    `labels  alone    distilled  difference in points, 95 % interval of ${seeds} paired seeds`,
  );
  for (const [index, [label]] of LABELS.entries()) lines.push(pairLine(label, pairs[index] ?? []));
  process.stdout.write(`${[...lines, '', ...EXPECTED].join('\n')}\n`);
}

function pairLine(label: string, pairs: readonly Pair[]): string {
  const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const alone = mean(pairs.map((pair) => pair.alone)).toFixed(2);
  const distilled = mean(pairs.map((pair) => pair.distilled)).toFixed(2);
  const difference = meanDifference(pairs.map((pair) => pair.distilled - pair.alone));
  return `${label.padEnd(8)}${alone} %  ${distilled} %    ${difference}`;
}
