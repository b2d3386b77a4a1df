/**
 * Candidates for the settings that a model was meant for, in stages: each stage varies one part of the best ones so
 * far. Pure.
 *
 * Settings that the user gave are never varied.
 */
import type { TableColumn } from '@lyceum/learning/datasets';
import { type FormatName, formatNamed } from '@lyceum/learning/formats';
import type { ModelSettings, RawKind } from '@lyceum/learning/models';

/** What is known before any candidate is tried. */
export interface CheckedModel {
  readonly format: FormatName;
  /** Settings from the model's file and from the user. */
  readonly settings: ModelSettings;
  /** Names of settings that are not to be varied. */
  readonly fixed: ReadonlySet<string>;
  /** The model's input, channels last; undefined: any shape. */
  readonly inputShape: readonly number[] | undefined;
  /** The model gets texts or cells in place of numbers: settings of numbers are then not varied. */
  readonly reads: RawKind | undefined;
  /** Columns, if the set was made from a table. */
  readonly columns?: readonly TableColumn[] | undefined;
  readonly sampleShape: readonly number[];
  /** Mean of the samples' values: one for each channel of pictures, else one for each value. */
  readonly mean: readonly number[];
  readonly standardDeviation: readonly number[];
}

/** Settings, with the varied choices in words. */
export interface Candidate {
  readonly settings: ModelSettings;
  readonly values: string;
  readonly layout: string;
  readonly colours: string;
  readonly size: string;
}

interface ValueRange {
  readonly name: string;
  readonly settings: Partial<ModelSettings>;
}

/** Figures of ImageNet's training pictures as torchvision has them: red, green and blue, from 0 to 1. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225] };

/** The values of Caffe's models: blue, green and red from 0 to 255, less ImageNet's mean. */
const CAFFE = { colours: 'BGR', scale: 255, mean: [103.939, 116.779, 123.68] } as const;

/** Digits that distinguish all float32 values. */
const DIGITS = 7;

/** All pairs of a layout and a range of values. */
export function firstCandidates(model: CheckedModel): Candidate[] {
  if (model.reads !== undefined) {
    return [{ settings: model.settings, values: model.reads, layout: '', colours: '', size: '' }];
  }
  const asTable = columnsCandidate(model);
  const base = withNeededColours(model);
  const { scale, mean, standardDeviation, ...others } = base;
  const layouts = isLayoutOpen(model) ? (['NHWC', 'NCHW'] as const) : [base.layout ?? 'NHWC'];
  const asNumbers = layouts.flatMap((layout) =>
    valueRanges(model, base).map(({ name, settings }) =>
      candidate(model, { ...others, layout, ...settings }, name),
    ),
  );
  return [...asNumbers, ...(asTable === undefined ? [] : [asTable])];
}

/**
 * Gives the model the table's columns of numbers without encoding, if it takes as many numbers as there are such
 * columns. Undefined: it does not, or its format cannot take columns.
 */
export function columnsCandidate({
  format,
  settings,
  fixed,
  inputShape,
  columns = [],
}: Pick<CheckedModel, 'format' | 'settings' | 'fixed' | 'inputShape' | 'columns'>):
  | Candidate
  | undefined {
  if (formatNamed(format).mayReadColumns !== true) return undefined;
  const isOpen = settings.columns === undefined && VALUE_SETTINGS.every((name) => !fixed.has(name));
  const names = columns.filter(({ kind }) => kind === 'number').map(({ name }) => name);
  if (!isOpen || `${inputShape}` !== `${names.length}`) return undefined;
  const { scale, mean, standardDeviation, ...others } = settings;
  const asked = { ...others, columns: names };
  return { settings: asked, values: "the table's columns", layout: '', colours: '', size: '' };
}

/** Whether both layouts must be tried. With one channel they are the same. */
function isLayoutOpen({ fixed, inputShape, sampleShape }: CheckedModel): boolean {
  const channels = sampleShape[2] === 1 ? (inputShape?.[2] ?? 1) : sampleShape[2];
  return sampleShape.length === 3 && channels !== 1 && !fixed.has('layout');
}

/** Candidates with the other order of colours. */
export function colourCandidates(model: CheckedModel, best: Candidate): Candidate[] {
  const { settings, values } = best;
  const isColour = isPicture(model) && model.sampleShape[2] === 3;
  if (!isColour || model.fixed.has('colours') || settings.colours !== undefined) return [];
  const turned = (numbers: readonly number[] | undefined) => numbers && [...numbers].reverse();
  const { mean, standardDeviation, ...others } = settings;
  return [
    candidate(
      model,
      {
        ...others,
        colours: 'BGR',
        ...(mean !== undefined && { mean: turned(mean) as number[] }),
        ...(standardDeviation !== undefined && {
          standardDeviation: turned(standardDeviation) as number[],
        }),
      },
      values,
    ),
  ];
}

/** Candidates with other ways to bring pictures to the model's size. */
export function sizeCandidates(model: CheckedModel, { settings, values }: Candidate): Candidate[] {
  const { inputShape, sampleShape, fixed } = model;
  const [height, width] = inputShape?.length === 3 ? inputShape : [];
  if (!isPicture(model) || height === undefined || width === undefined) return [];
  if (sampleShape[0] === height && sampleShape[1] === width) return [];
  if (['resize', 'centreCrop', 'interpolation', 'antialias'].some((name) => fixed.has(name))) {
    return [];
  }
  // 256 for 224, as in the evaluation of most of ImageNet's models.
  const resize = Math.round((Math.min(height, width) * 256) / 224);
  const ways: Partial<ModelSettings>[] = [
    { antialias: true },
    { antialias: true, interpolation: 'bicubic' },
    { antialias: true, resize, centreCrop: [height, width] },
  ];
  return ways.map((way) => candidate(model, { ...settings, ...way }, values));
}

/** Adds gray to the settings of a model with one channel: nothing else is possible. */
function withNeededColours({ settings, inputShape, sampleShape }: CheckedModel): ModelSettings {
  const needsGray = inputShape?.length === 3 && inputShape[2] === 1 && sampleShape[2] === 3;
  return needsGray && settings.colours === undefined ? { ...settings, colours: 'gray' } : settings;
}

function valueRanges(
  { fixed, mean, standardDeviation, sampleShape, inputShape }: CheckedModel,
  base: ModelSettings,
): ValueRange[] {
  const own = ownValues(base);
  if (VALUE_SETTINGS.some((name) => fixed.has(name))) {
    return [{ name: 'as the settings say', settings: own }];
  }
  const ranges: ValueRange[] = [
    { name: 'as they are', settings: {} },
    { name: '× 255', settings: { scale: 255 } },
    { name: '-1 to 1', settings: { scale: 2, mean: [1] } },
  ];
  if (Object.keys(own).length > 0) ranges.unshift({ name: 'as its settings say', settings: own });
  if (mean.length === (base.colours === 'gray' ? 1 : sampleShape.at(-1))) {
    const settings = { mean: rounded(mean), standardDeviation: rounded(standardDeviation) };
    ranges.push({ name: "the set's mean and deviation", settings });
  }
  const channels = sampleShape.length === 3 ? (inputShape?.[2] ?? sampleShape[2]) : undefined;
  if (channels === 3 && base.colours !== 'gray') {
    ranges.push({ name: "ImageNet's mean and deviation", settings: IMAGENET });
    if (base.colours === undefined && sampleShape[2] === 3) {
      ranges.push({ name: "Caffe's", settings: CAFFE });
    }
  }
  return ranges;
}

const VALUE_SETTINGS = ['scale', 'mean', 'standardDeviation'] as const;

function ownValues(settings: ModelSettings): Partial<ModelSettings> {
  const said = VALUE_SETTINGS.filter((name) => settings[name] !== undefined);
  return Object.fromEntries(said.map((name) => [name, settings[name]]));
}

function rounded(values: readonly number[]): number[] {
  return values.map((value) => Number(value.toPrecision(DIGITS)));
}

function candidate(model: CheckedModel, settings: ModelSettings, values: string): Candidate {
  const { layout = 'NHWC', colours, resize, centreCrop, interpolation, antialias } = settings;
  const parts = [
    resize === undefined ? [] : [`resize ${sideText(resize)}`],
    centreCrop === undefined ? [] : [`crop ${sideText(centreCrop)}`],
    interpolation === undefined ? [] : [interpolation],
    antialias === true ? ['antialias'] : [],
  ].flat();
  return {
    settings,
    values,
    layout: isPicture(model) ? layout : '',
    colours: colours ?? (isPicture(model) && model.sampleShape[2] === 3 ? 'RGB' : ''),
    size: parts.join(', '),
  };
}

function sideText(side: NonNullable<ModelSettings['resize']>): string {
  return typeof side === 'number' ? String(side) : side.join('×');
}

function isPicture({ sampleShape }: CheckedModel): boolean {
  return sampleShape.length === 3;
}
