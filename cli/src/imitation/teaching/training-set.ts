/**
 * Makes from kept inputs what the cluster needs: a data set, and the teachers as recorded answers to its samples.
 *
 * A sample's label is the true class where that is known, else the consensus: without a true class, a student can only
 * be measured against the teachers. `term: vote`, the default, uses no label.
 */
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { logProbability } from '@lyceum/learning/arrays';
import { parseStoredDataset } from '@lyceum/learning/datasets';
import { dawidSkeneOfCounts } from '@lyceum/learning/ensemble';
import { encodeRecordedPackage, type RecordedAnswers } from '@lyceum/learning/formats';
import {
  type ImportedSource,
  type ImportOptions,
  type ImportSummary,
  importModalities,
  importSource,
  parseSize,
  requireNothingRefused,
} from '@lyceum/learning/import';
import {
  CONSENSUS,
  EXPLAINED,
  type Imitation,
  type ImitationModel,
  INPUT,
  imitationModels,
} from '@lyceum/learning/specification';
import { LyceumError } from '@lyceum/proto';
import type { KeptInput } from '../judging/index.js';
import { explainedCounts, explainedText, explanationMask } from './explained-text.js';
import { logShares, namedShares } from './soft-votes.js';

export interface TrainingSet {
  readonly dataset: Buffer;
  readonly summary: ImportSummary;
  /** Packages of the teachers, by the names of models. */
  readonly models: ReadonlyMap<string, Buffer>;
}

export interface TrainingPlaces {
  /** The file of the kept inputs, which errors name. */
  readonly keptFile: string;
  readonly cacheFolder: string;
  /** An empty folder, which the caller removes. */
  readonly scratch: string;
  /** Folder of the images. */
  readonly images: string;
  readonly signal: AbortSignal;
}

/** Columns added to those of the inputs, with names that no input's column has. */
const LABEL = 'lyceum:label';
const SPLIT = 'lyceum:split';

/** @throws {LyceumError} INVALID_ARGUMENT if the kept inputs make no training set. */
export async function trainingSet(
  imitation: Imitation,
  kept: readonly KeptInput[],
  places: TrainingPlaces,
): Promise<TrainingSet> {
  const isHeldOut = ({ split }: KeptInput) => split === 'validation' || split === 'test';
  if (kept.every(isHeldOut)) {
    throw refusal(places, 'no training input was kept; coordinator imitation check says why');
  }
  requireKnownClasses(kept, imitation.spec.classes, places);
  const { content, summary } = await imported(imitation, kept, places);
  requireNothingRefused(summary);
  const dataset = typeof content === 'string' ? await readFile(content) : Buffer.from(content);
  const set = parseStoredDataset(dataset);
  if (set.sampleCount !== kept.length) {
    throw new Error(`${set.sampleCount} samples of ${kept.length} inputs`);
  }
  const models = imitationModels(imitation).map((own): [string, Buffer] => {
    const answers = recordedAnswers(imitation, kept, own);
    const settings = { output: 'logits' } as const;
    return [own.model, encodeRecordedPackage({ dataset: set, answers, settings }, own.name)];
  });
  return { dataset, summary, models: new Map(models) };
}

function requireKnownClasses(
  kept: readonly KeptInput[],
  classes: readonly string[],
  places: TrainingPlaces,
): void {
  for (const { id, answers, shares = {}, label = null } of kept) {
    const shared = Object.values(shares).flatMap((own) => Object.keys(own));
    const named = [...Object.values(answers), ...shared, label];
    const unknown = named.find((own) => own !== null && !classes.includes(own));
    if (unknown === undefined) continue;
    throw refusal(places, `input ${id} has the class ${unknown}, which is not in spec.classes`);
  }
}

/** A model's answers to all kept inputs. */
function recordedAnswers(
  { spec }: Imitation,
  kept: readonly KeptInput[],
  { name, isSoft }: ImitationModel,
): RecordedAnswers {
  const { classes, teachers } = spec;
  if (name === CONSENSUS) {
    const shares = teachers.map((teacher) => namedShares(kept, teacher.name, classes));
    const { posterior } = dawidSkeneOfCounts(shares, classes.length);
    return { kind: 'logits', logits: Float32Array.from(posterior, logProbability) };
  }
  if (isSoft) return { kind: 'logits', logits: logShares(kept, name, classes) };
  const votes = Int32Array.from(kept, ({ answers }) => classes.indexOf(answers[name] ?? ''));
  return { kind: 'classes', classes: votes };
}

/** The data set of texts, numbers or images; if explanations are a modality, of texts with and without them. */
async function imported(
  imitation: Imitation,
  kept: readonly KeptInput[],
  places: TrainingPlaces,
): Promise<ImportedSource> {
  const { scratch, cacheFolder, signal } = places;
  const own = { cacheFolder, scratch, signal };
  const { file, options } = await importFile(imitation, kept, places, 'kept.jsonl');
  if (imitation.spec.train?.explanations === undefined) return importSource(file, options, own);
  if (kept.some(({ text }) => text === undefined)) {
    throw refusal(places, 'spec.train.explanations needs texts, but some inputs are not texts');
  }
  const { train, all } = explainedCounts(kept);
  if ((train ?? all)?.explained === 0) {
    throw refusal(
      places,
      'no kept training input has an explanation; leave spec.train.explanations out',
    );
  }
  const mask = explanationMask(imitation);
  const texts = kept.map((input) => ({ ...input, text: explainedText(input, mask) }));
  const explained = await importFile(imitation, texts, places, 'explained.jsonl');
  const modalities = [
    { name: INPUT, source: file },
    { name: EXPLAINED, source: explained.file },
  ];
  return importModalities(modalities, 'rows', options, own);
}

/** Writes the kept inputs as a table for the import of data sets. */
async function importFile(
  { spec }: Imitation,
  kept: readonly KeptInput[],
  places: TrainingPlaces,
  table: string,
): Promise<{ readonly file: string; readonly options: ImportOptions }> {
  const name = INPUT_KINDS.find((own) => kept.every((input) => input[own] !== undefined));
  if (name === undefined) {
    throw refusal(
      places,
      'its inputs are of several kinds; want text, numbers or image in all of them',
    );
  }
  const kind = rowsOf(spec, places)[name];
  const splits = kept.filter(({ split }) => split !== undefined).length;
  if (splits > 0 && splits < kept.length) {
    const message = `${splits} of ${kept.length} inputs have a split; want one for all, or none`;
    throw refusal(places, message);
  }
  const lines: string[] = [];
  for (const [row, input] of kept.entries()) {
    const { label, consensus, split } = input;
    const own = {
      [LABEL]: label ?? consensus ?? '',
      ...(split !== undefined && { [SPLIT]: split }),
    };
    lines.push(JSON.stringify({ ...(await kind.cells(input, row)), ...own }));
  }
  const file = join(places.scratch, table);
  await writeFile(file, `${lines.join('\n')}\n`);
  const options: ImportOptions = {
    label: LABEL,
    classes: spec.classes,
    ...(splits > 0 && { split: { by: 'column', column: SPLIT } }),
    ...kind.options,
  };
  return { file, options };
}

const INPUT_KINDS = ['text', 'numbers', 'image'] as const;

/** How inputs of a kind become rows of the table, and how the rows are imported. */
interface InputRows {
  readonly cells: (input: KeptInput, row: number) => object | Promise<object>;
  readonly options: Partial<ImportOptions>;
}

function rowsOf(
  spec: Imitation['spec'],
  places: TrainingPlaces,
): Readonly<Record<(typeof INPUT_KINDS)[number], InputRows>> {
  const { ngrams, buckets, size, channels } = spec.train ?? {};
  const columns = spec.inputs.numbers ?? [];
  return {
    text: {
      cells: ({ text }) => ({ text }),
      options: {
        text: 'text',
        ...(ngrams !== undefined && { ngrams }),
        ...(buckets !== undefined && { buckets }),
      },
    },
    numbers: {
      cells: (input) => numberCells(input, columns, places),
      options: { columns: new Map(columns.map((column) => [column, 'number'] as const)) },
    },
    image: {
      cells: async (input, row) => ({ image: await copied(input, places, row) }),
      options: {
        image: 'image',
        ...(size !== undefined && { size: parseSize(size) }),
        ...(channels !== undefined && { channels }),
      },
    },
  };
}

function numberCells(
  { id, numbers = [] }: KeptInput,
  columns: readonly string[],
  places: TrainingPlaces,
) {
  if (numbers.length === columns.length) {
    return Object.fromEntries(columns.map((column, k) => [column, numbers[k]]));
  }
  const message = `input ${id} has ${numbers.length} numbers, and spec.inputs.numbers names ${columns.length}`;
  throw refusal(places, message);
}

/** Copies an image to the scratch folder, under a name without folders. */
async function copied({ image = '' }: KeptInput, { images, scratch }: TrainingPlaces, row: number) {
  const copy = `${row}${extname(image)}`;
  await copyFile(join(images, image), join(scratch, copy));
  return copy;
}

/** An error that names the file of the kept inputs. */
function refusal({ keptFile }: TrainingPlaces, message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', `${keptFile}: ${message}`);
}
