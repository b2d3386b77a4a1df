/** The summary of an import, as lines for people. */
import type { ImportSummary } from '@lyceum/learning/import';
import type { RegisteredSet } from '@lyceum/learning/indexing';
import { bytesText, countText, namesText, pathText, pluralText } from './text/index.js';

const CLASSES_SHOWN = 20;
const COLUMNS_SHOWN = 50;
const RAW_COLUMNS_SHOWN = 10;

export function importLines(summary: ImportSummary): string[] {
  const { refused, ignored, modalities, classNames, splits, warnings } = summary;
  const shown = namesText(classNames.slice(0, CLASSES_SHOWN));
  const more = classNames.length > CLASSES_SHOWN ? `, … (${classNames.length} in all)` : '';
  const splitTexts = Object.entries(splits).map(([name, { samples, labelled }]) => {
    const some = labelled === samples ? '' : ` (${countText(labelled)} labelled)`;
    return `${name} ${countText(samples)}${some}`;
  });
  return [
    `samples   ${countText(summary.samples)} of ${modalities.map(modalityText).join('; ')}, from ${summary.kind}`,
    ...modalities.flatMap((modality) => [
      ...encodingLine(modality),
      ...columnLines(modality),
      ...rawColumnsLine(modality),
    ]),
    `classes   ${shown}${more}; ${summary.classOrder}`,
    `splits    ${splitTexts.join(', ')}; from ${summary.splitSource}`,
    ...refusedLines(refused),
    ...(ignored.count === 0 ? [] : [`ignored   ${ignored.count}: ${someText(ignored)}`]),
    ...warnings.map(({ path, message }) => `warning   ${path}: ${message}`),
  ];
}

/** Lines about the shards of a set in shards. */
export function shardLines({ summary, shards, mixing }: Omit<RegisteredSet, 'manifest'>): string[] {
  const [samples = '', ...others] = importLines(summary);
  const { count, chunks, pictureBytes } = shards;
  const meanBytes = bytesText(pictureBytes / chunks);
  return [
    samples,
    `shards    ${countText(count)}; ${bytesText(pictureBytes)} of pictures in ${countText(chunks)} chunks of ${meanBytes} on average`,
    ...(mixing === undefined ? [] : [mixingLine(mixing)]),
    ...others,
  ];
}

function mixingLine(mixing: NonNullable<RegisteredSet['mixing']>): string {
  const { batchSize, chunkOrder, fullOrder } = mixing;
  return `mixing    a batch of ${batchSize} has ${chunkOrder.toFixed(1)} distinct classes in the order by chunks, ${fullOrder.toFixed(1)} in full order`;
}

type Modality = ImportSummary['modalities'][number];

function modalityText(modality: Modality): string {
  const shape = shapeText(modality);
  return modality.name === undefined ? shape : `${modality.name}: ${shape}`;
}

function encodingLine({ name, encoding }: Modality): string[] {
  if (encoding === undefined) return [];
  return [`encoding  ${name === undefined ? encoding : `${name}: ${encoding}`}`];
}

/** `28 × 32 (height × width), 3 channels, uint8`. */
function shapeText({ sampleShape, valueType }: Modality): string {
  const [height, width, channels = 1] = sampleShape;
  if (sampleShape.length !== 3) return `${sampleShape} values, ${valueType}`;
  return `${height} × ${width} (height × width), ${pluralText(channels, 'channel')}, ${valueType}`;
}

function columnLines({ columns = [] }: Modality): string[] {
  const more = columns.length - COLUMNS_SHOWN;
  return [
    ...columns
      .slice(0, COLUMNS_SHOWN)
      .map(({ name, kind, detail }) => `  ${name}: ${kind}, ${detail}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

/** The columns that a model would read. Here the user can notice a column that has the class under another name. */
function rawColumnsLine({ name, rawColumns }: Modality): string[] {
  if (rawColumns === undefined) return [];
  const shown = rawColumns.slice(0, RAW_COLUMNS_SHOWN).join(', ');
  const more = rawColumns.length > RAW_COLUMNS_SHOWN ? `, … (${rawColumns.length} in all)` : '';
  return [`columns   ${name === undefined ? '' : `${name}: `}${shown}${more}`];
}

function refusedLines({ count, reasons, first }: ImportSummary['refused']): string[] {
  if (count === 0) return [];
  const counts = Object.entries(reasons).map(([reason, n]) => `${n} ${reason}`);
  return [
    `refused   ${count}: ${counts.join(', ')}`,
    ...first.map(({ path, message }) => `  ${pathText(path)}: ${message}`),
    ...(count > first.length ? [`  and ${count - first.length} more`] : []),
  ];
}

function someText({ count, first }: ImportSummary['ignored']): string {
  return first.map(pathText).join(', ') + (count > first.length ? ', …' : '');
}
