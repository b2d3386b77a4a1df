/**
 * From what was kept to what the cluster needs: a data set, and what teaches on it as answers that have been given.
 *
 * A sample's label is the true class where that is known, else the class behind the answers: what no label says can be
 * measured against the teachers alone. `term: vote`, the default, looks at no label.
 */
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { parseDataset } from '@lyceum/learning/datasets';
import { dawidSkene } from '@lyceum/learning/ensemble';
import { encodeRecordedPackage, type RecordedAnswers } from '@lyceum/learning/formats';
import {
  type ImportOptions,
  type ImportSummary,
  importSource,
  parseSize,
  requireNothingRefused,
} from '@lyceum/learning/import';
import { CONSENSUS, type Imitation, imitationModels } from '@lyceum/learning/specification';
import { LyceumError } from '@lyceum/proto';
import type { KeptInput } from '../judging/index.js';

export interface TrainingSet {
  readonly dataset: Buffer;
  readonly summary: ImportSummary;
  /** Packages by the names of models. */
  readonly models: ReadonlyMap<string, Buffer>;
}

export interface TrainingPlaces {
  readonly cacheFolder: string;
  /** Empty, and the caller's to remove. */
  readonly scratch: string;
  /** Where images lie. */
  readonly images: string;
  readonly signal: AbortSignal;
}

/** Of float32, as engines have it. */
const LEAST_PROBABILITY = 1.1754943508222875e-38;

/** Columns beside those that inputs have, by names that none of theirs has. */
const LABEL = 'lyceum:label';
const SPLIT = 'lyceum:split';

/** @throws {LyceumError} INVALID_ARGUMENT if nothing can be taught with what was kept. */
export async function trainingSet(
  imitation: Imitation,
  kept: readonly KeptInput[],
  places: TrainingPlaces,
): Promise<TrainingSet> {
  const { classes, train } = imitation.spec;
  const unknown = kept.flatMap(({ id, answers, label }) =>
    [...Object.values(answers), label ?? null]
      .filter((own) => own !== null && !classes.includes(own))
      .map((own) => `${id} has ${own}`),
  )[0];
  if (unknown !== undefined) {
    throw new LyceumError('INVALID_ARGUMENT', `${unknown}, which spec.classes has not`);
  }
  if (kept.length === 0) throw new LyceumError('INVALID_ARGUMENT', 'nothing was kept to train on');
  const { file, options } = await importFile(imitation, kept, places);
  const { scratch, cacheFolder, signal } = places;
  const imported = await importSource(file, options, { cacheFolder, scratch, signal });
  requireNothingRefused(imported.summary);
  const { content, summary } = imported;
  const dataset = typeof content === 'string' ? await readFile(content) : Buffer.from(content);
  const { digest, sampleCount, classCount } = parseDataset(dataset);
  if (sampleCount !== kept.length)
    throw new Error(`${sampleCount} samples of ${kept.length} inputs`);
  const set = { digest, sampleCount, classCount };
  const pack = (answers: RecordedAnswers, what: string) =>
    encodeRecordedPackage({ dataset: set, answers, settings: { output: 'logits' } }, what);
  const votes = new Map(
    imitation.spec.teachers.map(({ name }) => [
      name,
      Int32Array.from(kept, ({ answers }) => classes.indexOf(answers[name] ?? '')),
    ]),
  );
  const models = imitationModels(imitation).map(({ name, model }): [string, Buffer] => {
    if (train?.teach === CONSENSUS) {
      const { posterior } = dawidSkene([...votes.values()], classCount);
      const logits = Float32Array.from(posterior, (p) => Math.log(Math.max(p, LEAST_PROBABILITY)));
      return [model, pack({ kind: 'logits', logits }, name)];
    }
    return [model, pack({ kind: 'classes', classes: votes.get(name) as Int32Array }, name)];
  });
  return { dataset, summary, models: new Map(models) };
}

/** A table of what was kept, which the import of data sets reads. */
async function importFile(
  { spec }: Imitation,
  kept: readonly KeptInput[],
  { scratch, images }: TrainingPlaces,
): Promise<{ readonly file: string; readonly options: ImportOptions }> {
  const kinds = ['text', 'numbers', 'image'] as const;
  const kind = kinds.find((own) => kept.every((input) => input[own] !== undefined));
  if (kind === undefined) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      'want texts, numbers or images, and these are several',
    );
  }
  const splits = kept.filter(({ split }) => split !== undefined).length;
  if (splits > 0 && splits < kept.length) {
    const message = `${splits} of ${kept.length} inputs have a split; want one for all, or none`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const columns = spec.inputs.numbers ?? [];
  const lines: string[] = [];
  for (const [row, input] of kept.entries()) {
    const { label, consensus, split, text } = input;
    const own = {
      [LABEL]: label ?? consensus ?? '',
      ...(split !== undefined && { [SPLIT]: split }),
    };
    const cells =
      kind === 'text'
        ? { text }
        : kind === 'numbers'
          ? numberCells(input, columns)
          : { image: await copied(input, images, scratch, row) };
    lines.push(JSON.stringify({ ...cells, ...own }));
  }
  const file = join(scratch, 'kept.jsonl');
  await writeFile(file, `${lines.join('\n')}\n`);
  const { ngrams, buckets, size, channels } = spec.train ?? {};
  const options: ImportOptions = {
    label: LABEL,
    classes: spec.classes,
    ...(splits > 0 && { split: { by: 'column', column: SPLIT } }),
    ...(kind === 'numbers' && {
      columns: new Map(columns.map((column) => [column, 'number'] as const)),
    }),
    ...(kind === 'image' && {
      image: 'image',
      ...(size !== undefined && { size: parseSize(size) }),
      ...(channels !== undefined && { channels }),
    }),
    ...(kind === 'text' && {
      text: 'text',
      ...(ngrams !== undefined && { ngrams }),
      ...(buckets !== undefined && { buckets }),
    }),
  };
  return { file, options };
}

function numberCells({ id, numbers = [] }: KeptInput, columns: readonly string[]) {
  if (numbers.length === columns.length) {
    return Object.fromEntries(columns.map((column, k) => [column, numbers[k]]));
  }
  const message = `${id} has ${numbers.length} numbers, and spec.inputs.numbers names ${columns.length}`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

/** Among the scratch files, by a name without folders. */
async function copied({ image = '' }: KeptInput, images: string, scratch: string, row: number) {
  const copy = `${row}${extname(image)}`;
  await copyFile(join(images, image), join(scratch, copy));
  return copy;
}
