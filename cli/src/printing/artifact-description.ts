/** The coordinator's description of a model or a data set, in a few words. */
import { sharedSamplesText } from '@lyceum/learning/datasets';
import { RAW_KINDS, type RawKind } from '@lyceum/learning/models';
import { z } from 'zod';
import { bytesText, type Column, countText, pluralText, tableLines } from './text/index.js';

const modality = z.object({
  name: z.string().optional(),
  sampleShape: z.array(z.number()),
  encoding: z.object({ summary: z.string() }).optional(),
});

const shardsDescription = z.object({
  count: z.number(),
  formats: z.array(z.string()),
  pictureBytes: z.number(),
  chunks: z.number(),
});

const datasetDescription = z.object({
  modalities: z.array(modality),
  classCount: z.number(),
  splits: z.record(z.string(), z.object({ samples: z.number(), labelled: z.number() })),
  sharedSamples: z.object({
    validationInTrain: z.number(),
    testInTrain: z.number(),
    testInValidation: z.number(),
  }),
  shards: shardsDescription.optional(),
});

const classCounts = z.object({
  classNames: z.array(z.string()),
  splits: z.record(z.string(), z.object({ byClass: z.array(z.number()) })),
});

const modelDescription = z.object({
  inputShape: z.array(z.number()).optional(),
  reads: z.enum(RAW_KINDS).optional(),
  columns: z.array(z.object({ kind: z.string() })).optional(),
  classCount: z.number().optional(),
  parameterCount: z.number(),
  output: z.string(),
  inputs: z.array(z.string()).optional(),
  outputs: z.array(z.string()).optional(),
  classesOnly: z.boolean().optional(),
  url: z.string().optional(),
  servedModel: z.string().optional(),
  settings: z.object({ modality: z.string().optional() }).optional(),
});

/**
 * `[28, 28, 1], 10 classes; train 7,001 (200 labelled), …; 11 of test are in train too`; for a set of several
 * modalities `pixels [28, 28, 1], sound [400], …`. Undefined: the description has another form.
 */
export function datasetText(description: unknown): string | undefined {
  const { data } = datasetDescription.safeParse(description);
  if (data === undefined) return undefined;
  const splits = Object.entries(data.splits).map(([name, { samples, labelled }]) => {
    const some = labelled === samples ? '' : ` (${countText(labelled)} labelled)`;
    return `${name} ${countText(samples)}${some}`;
  });
  const shared = sharedSamplesText(data.sharedSamples);
  const parts = [
    `${data.modalities.map(shapeText).join(', ')}, ${data.classCount} classes`,
    ...data.modalities.map(encodedText),
    splits.join(', '),
    data.shards && shardsText(data.shards),
    shared,
  ];
  return parts.filter((part) => part !== undefined).join('; ');
}

interface ClassRow {
  readonly name: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** Labelled samples of each class and split, as a table; empty if the description has no counts, as a model's. */
export function classCountLines(description: unknown): string[] {
  const { data } = classCounts.safeParse(description);
  if (data === undefined) return [];
  const splits = Object.entries(data.splits);
  const classCount = Math.max(0, ...splits.map(([, { byClass }]) => byClass.length));
  const rows = Array.from({ length: classCount }, (_, c): ClassRow => {
    const counts = splits.map(([name, { byClass }]) => [name, byClass[c] ?? 0] as const);
    return { name: data.classNames[c] ?? String(c), counts: Object.fromEntries(counts) };
  });
  const columns: Column<ClassRow>[] = [
    { title: 'CLASS', value: ({ name }) => name },
    ...splits.map(
      ([split]): Column<ClassRow> => ({
        title: split.toUpperCase(),
        value: ({ counts }) => countText(counts[split] ?? 0),
        align: 'right',
      }),
    ),
  ];
  return ['Labelled samples:', ...tableLines(columns, rows)];
}

/** `12.3 GB of pictures in 1,024 shards (tar), 1,230 chunks` */
function shardsText({
  count,
  formats,
  pictureBytes,
  chunks,
}: z.output<typeof shardsDescription>): string {
  return `${bytesText(pictureBytes)} of pictures in ${pluralText(count, 'shard')} (${formats.join(', ')}), ${pluralText(chunks, 'chunk')}`;
}

function shapeText({ name, sampleShape }: z.output<typeof modality>): string {
  const shape = `[${sampleShape.join(', ')}]`;
  return name === undefined ? shape : `${name} ${shape}`;
}

function encodedText({ name, encoding }: z.output<typeof modality>): string | undefined {
  if (encoding === undefined || name === undefined) return encoding?.summary;
  return `${name}: ${encoding.summary}`;
}

function readsText(reads: RawKind, columns?: readonly { readonly kind: string }[]): string {
  if (reads === 'texts') return reads;
  if (columns === undefined) return 'rows of a table';
  if (columns.length > 1) return `${countText(columns.length)} columns of a table`;
  return columns[0]?.kind === 'category' ? 'a text' : 'a column of a table';
}

/**
 * `[28, 28, 1] to 10 classes; 266,610 parameters; logits`. If the model names them, also the modality before the
 * shape, and its inputs and outputs. A model that answers with a class only has neither parameters nor output here.
 * Undefined: the description has another form.
 */
export function modelText(description: unknown): string | undefined {
  const { data } = modelDescription.safeParse(description);
  if (data === undefined) return undefined;
  const shape =
    data.reads !== undefined
      ? readsText(data.reads, data.columns)
      : data.inputShape === undefined
        ? 'any input'
        : `[${data.inputShape.join(', ')}]`;
  const { modality } = data.settings ?? {};
  const from = modality === undefined ? shape : `${modality} ${shape}`;
  const to = data.classCount === undefined ? '' : ` to ${data.classCount} classes`;
  const { inputs = [], outputs = [], url, servedModel } = data;
  const what =
    url === undefined ? `${countText(data.parameterCount)} parameters` : `${servedModel} at ${url}`;
  const text = `${from}${to}; ${data.classesOnly === true ? 'says a class alone' : `${what}; ${data.output}`}`;
  if (inputs.length + outputs.length === 0) return text;
  return `${text}; in: ${listText(inputs)}; out: ${listText(outputs)}`;
}

/** Number of names shown: a model of a table may have an input for each of hundreds of columns. */
const SHOWN = 12;

function listText(values: readonly string[]): string {
  const more = values.length - SHOWN;
  return `${values.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
