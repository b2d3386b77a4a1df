/**
 * `consistent`: must a teacher see the crop that its student sees? Beyer et al. 2022 (FunMatch) found that it must,
 * and that mixing pictures helps further: https://arxiv.org/abs/2106.05237.
 *
 * The arms differ only in what the teacher sees. The set has each of 2,000 pictures of Fashion-MNIST ten times, in
 * three modalities: the crop that the student sees, another crop, and the whole picture.
 */
import type { Report } from '@lyceum/cli/client';
import {
  type Dataset,
  encodeStoredDataset,
  type Modality,
  parseStoredDataset,
  seenDataset,
  splitSamples,
} from '@lyceum/learning/datasets';
import { importPackaged } from '@lyceum/learning/import';
import { views } from '@lyceum/learning/specification';
import { IDENTITY_VIEW, readInputs, viewAt } from '@lyceum/learning/views';
import { ArtifactKind, elementCount } from '@lyceum/proto';
import {
  type ExampleContext,
  finish,
  firstSeeds,
  printLines,
  specificationFile,
} from './example.js';
import { aligned, meanDifference, overSeeds, percent } from './tables.js';

const NAME = 'consistent';

/** Pictures of the train split, and crops of each. */
const PICTURES = 2000;
const CROPS = 10;

/** Only every fourth sample of validation and test is measured, since there are many arms. */
const MEASURED_EVERY = 4;

const CROPPED = { randomResizedCrop: { area: [0.5, 1] }, flip: true };

/** Title, the modality that the teacher sees, whether crops are mixed. The others are compared with the first arm. */
const ARMS = [
  ['the whole picture (fixed)', 'whole', false],
  ['another crop (independent)', 'other', false],
  ['the same crop (consistent)', 'crop', false],
  ['the same mixture of crops', 'crop', true],
] as const;

const PUBLISHED = [
  'Published (FunMatch, ImageNet, 300 epochs): fixed teacher 77.76 %, consistent 80.08 %.',
];

export async function consistent(context: ExampleContext): Promise<void> {
  await context.coordinator('datasets', 'push', 'fashion', 'fashion');
  await finish(context, specificationFile(NAME, 'teacher'));
  await pushCrops(context);
  const accuracies = ARMS.map((): number[] => []);
  for (const seed of firstSeeds(context.seeds)) {
    const reports = await Promise.all(
      ARMS.map(([, modality, mixup], arm) =>
        reported(context, specificationFile(NAME, 'arm'), `arm-${arm}-${seed}`, {
          'teachers[0].modality': modality,
          'views.mixup': mixup,
          'training.seed': seed,
        }),
      ),
    );
    for (const [arm, { student }] of reports.entries()) accuracies[arm]?.push(share(student));
  }
  const names = ARMS.map(([name]) => name);
  printLines([...table('the teacher sees', names, accuracies), '', ...PUBLISHED]);
}

function table(head: string, names: readonly string[], accuracies: readonly number[][]): string[] {
  const rows = [[head, 'accuracy', 'against the first, in points']];
  const [first = []] = accuracies;
  for (const [arm, own] of accuracies.entries()) {
    const points = own.map((accuracy, seed) => 100 * (accuracy - (first[seed] as number)));
    rows.push([names[arm] as string, overSeeds(own), arm === 0 ? '' : meanDifference(points)]);
  }
  return aligned(rows);
}

async function reported(
  context: ExampleContext,
  file: string,
  name: string,
  fields: object,
): Promise<Report> {
  const sets = Object.entries({ ...fields }).map(
    ([field, value]) => `spec.${field}=${JSON.stringify(value)}`,
  );
  const options = [`metadata.name=${name}`, ...sets].flatMap((set) => ['--set', set]);
  await finish(context, file, ...options);
  const report = await context.client.getReport(name);
  process.stderr.write(`${name}: ${percent(report.student.accuracy)}\n`);
  return report;
}

function share(row: { readonly accuracy: number | null } | null): number {
  return row?.accuracy ?? Number.NaN;
}

/** Pushes the set: each train picture ten times, as each modality shows it; validation and test uncropped, once. */
async function pushCrops({ client, cacheFolder }: ExampleContext): Promise<void> {
  const fashion = seenDataset(
    parseStoredDataset(importPackaged('fashion', cacheFolder)),
    undefined,
  );
  // The set is sorted by class: pictures at equal distances show all classes alike.
  const all = splitSamples(fashion, 'train');
  const every = Math.floor(all.length / PICTURES);
  const train = all.filter((_, row) => row % every === 0).subarray(0, PICTURES);
  const measured = (['validation', 'test'] as const).flatMap((split) => [
    ...splitSamples(fashion, split).filter((_, row) => row % MEASURED_EVERY === 0),
  ]);
  const samples = Uint32Array.from([
    ...Array.from({ length: CROPS }, () => [...train]).flat(),
    ...measured,
  ]);
  const { classCount, classNames, sampleShape, inputScale } = fashion;
  const modality = (seed: number | undefined): Modality => ({
    sampleShape,
    inputScale,
    inputs: seenBytes(fashion, samples, seed),
  });
  const bytes = encodeStoredDataset({
    classCount,
    classNames,
    sampleCount: samples.length,
    labels: Int32Array.from(samples, (sample) => fashion.labels[sample] as number),
    splits: Uint8Array.from(samples, (sample) => fashion.splits[sample] as number),
    modalities: new Map([
      ['crop', modality(1)],
      ['other', modality(2)],
      ['whole', modality(undefined)],
    ]),
  });
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'fashion-crops', bytes);
}

/** @param seed - seed of the crops of the train rows; undefined: no row is cropped. */
function seenBytes(fashion: Dataset, samples: Uint32Array, seed: number | undefined): Uint8Array {
  const size = elementCount(fashion.sampleShape);
  const values = new Float32Array(samples.length * size);
  readInputs(fashion, samples, IDENTITY_VIEW, values);
  if (seed !== undefined) {
    const settings = views.parse({ ...CROPPED, seed, cycle: CROPS });
    for (let crop = 0; crop < CROPS; crop++) {
      const first = crop * PICTURES;
      const rows = samples.subarray(first, first + PICTURES);
      readInputs(fashion, rows, viewAt(settings, crop), values.subarray(first * size));
    }
  }
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.round((values[i] as number) * 255);
  return bytes;
}
