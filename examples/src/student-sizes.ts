/**
 * `student-sizes`: how small may the student be? One sweep over three sizes, which asks the teachers once.
 *
 * Three teachers are trained on the digits. First the three sizes train for one epoch, at once, and share their
 * tickets: each teacher infers each sample once. Then all seeds train for 20 epochs, and find every answer stored. The
 * example checks both by the number of samples that the teacher workers inferred, and fails if it is wrong.
 *
 * First only one epoch, since a run asks for the next epoch while answers of this one are still on their way: on a set
 * as small as this, it would ask for most samples twice.
 */
import { inferredSamples } from '@lyceum/cli/local-cluster';
import { LyceumError } from '@lyceum/proto';
import {
  type ExampleContext,
  finish,
  finishSweep,
  firstSeeds,
  printLines,
  specificationFile,
} from './example.js';

const SIZES = ['[10, 10]', '[30, 30]', '[100, 100]'];
const TEACHERS = ['teacher-wide', 'teacher-lenet', 'teacher-conv'];

/** All digits are inferred: one split is trained on, and the report has figures of all three splits. */
const SAMPLES = 10_000;

const PUBLISHED = [
  'There is no published table of this set, these teachers and these students; what is known is that the gain of',
  'distillation grows with unlabelled data, and that a student too small cannot follow its teachers at all.',
];

export async function studentSizes(context: ExampleContext): Promise<void> {
  const { coordinator, cluster, seeds } = context;
  await coordinator('datasets', 'push', 'digits', 'digits');
  for (const teacher of TEACHERS) await finish(context, specificationFile('digits', teacher));

  const file = specificationFile('student-sizes', 'sizes');
  const sizes = `student.model.hiddenUnits=${SIZES.join()}`;
  const oneEpoch = ['--set', 'training.epochs=1', '--run-id', 'one-epoch', '--sweep', sizes];
  await coordinator('submit', file, ...oneEpoch, '--wait');
  const once = Object.values(await inferredSamples(cluster));
  const table = await finishSweep(context, file, firstSeeds(seeds), sizes);
  const afterwards = Object.values(await inferredSamples(cluster));
  if (once.length !== TEACHERS.length || once.some((count) => count !== SAMPLES)) {
    const message = `teachers inferred ${once.join(', ')} samples; want ${SAMPLES} of each`;
    throw new LyceumError('INTERNAL', message);
  }
  if (afterwards.join() !== once.join()) {
    const message = `teachers were asked again: ${once.join(', ')} samples, then ${afterwards.join(', ')}`;
    throw new LyceumError('INTERNAL', message);
  }
  printLines([
    await coordinator('sweep', 'table', table.sweep),
    `${seeds} seeds. The three sizes together asked each teacher for its ${SAMPLES} answers once;`,
    `the ${SIZES.length * seeds} runs of 20 epochs that followed asked for none.`,
    ...PUBLISHED,
  ]);
}
