/**
 * `hints` and `attention-transfer`: does a student learn more if it also sees its teacher's inner layers?
 *
 * One teacher is trained on the digits. One sweep distils it, seed by seed, with growing weights of the term on inner
 * layers; weight 0 switches the term off. The table is the sweep's own: differences from weight 0, paired by seeds.
 */
import {
  type ExampleContext,
  finish,
  finishSweep,
  firstSeeds,
  printLines,
  specificationFile,
} from './example.js';

interface Comparison {
  /** Folder and file of the student's specification. Its third term is the one on inner layers. */
  readonly folder: string;
  readonly file: string;
  readonly weights: readonly number[];
  readonly published: readonly string[];
}

const HINTS: Comparison = {
  folder: 'hints',
  file: 'hint',
  weights: [0, 1, 10, 100],
  published: [
    'Published, CIFAR-100, ResNet32x4 to ResNet8x4, by the authors of RepDistiller: teacher 79.42 %, student alone',
    '72.50 %, kd 73.33 %, hints (Romero et al. 2015, weight 100) 73.50 %. No table for digits was published.',
  ],
};

const ATTENTION: Comparison = {
  folder: 'attention-transfer',
  file: 'attention',
  weights: [0, 10, 100, 1000],
  published: [
    'Published, CIFAR-100, ResNet32x4 to ResNet8x4, by the authors of RepDistiller: teacher 79.42 %, student alone',
    '72.50 %, kd 73.33 %, attention transfer (Zagoruyko & Komodakis 2017, weight 1000) 73.44 %; from VGG13 to MobileNetV2',
    'it lost: 59.40 % against 64.60 % alone. No table for digits was published.',
  ],
};

export function hints(context: ExampleContext): Promise<void> {
  return compare(context, HINTS);
}

export function attentionTransfer(context: ExampleContext): Promise<void> {
  return compare(context, ATTENTION);
}

async function compare(context: ExampleContext, comparison: Comparison): Promise<void> {
  const { coordinator, seeds } = context;
  const { folder, file, weights, published } = comparison;
  await coordinator('datasets', 'push', 'digits', 'digits');
  await finish(context, specificationFile(folder, 'teacher'));
  const table = await finishSweep(
    context,
    specificationFile(folder, file),
    firstSeeds(seeds),
    `objective[2].weight=${weights.join()}`,
  );
  printLines([await coordinator('sweep', 'table', table.sweep), `${seeds} seeds.`, ...published]);
}
