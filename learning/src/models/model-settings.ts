/**
 * Settings that a model's file cannot tell, and the identity by which teachers are told apart.
 *
 * Settings are part of a teacher's identity: the same weights read otherwise give other answers.
 */
import {
  InvalidDocumentError,
  MODALITY_NAME,
  MODALITY_NAME_RULE,
  type Problem,
  sha256Hex,
} from '@lyceum/proto';
import { isObject } from '../files/index.js';

/**
 * A real value x of the set becomes (scale · x − mean) / standardDeviation. Pictures also get the model's size, its
 * colours and its layout; model-inputs.ts has the order.
 */
export interface ModelSettings {
  /** The output of the last layer: `logits`, or `probabilities` that sum to 1. */
  readonly output: 'logits' | 'probabilities';
  /** The set's modality that the model sees. Absent: the only one. */
  readonly modality?: string;
  /** 255 for a model that wants bytes. Absent: 1. */
  readonly scale?: number;
  /** One for all values, or one a channel, in the model's order of channels. Absent: 0. */
  readonly mean?: readonly number[];
  /** As `mean`, each above 0. Absent: 1. */
  readonly standardDeviation?: readonly number[];
  /** Whether channels come last or first in the model's input. Absent: last. */
  readonly layout?: Layout;
  /** The model's channels. Absent: as the set has them; a gray picture is repeated for each. */
  readonly colours?: Colours;
  /**
   * The pictures' size before the crop: that of the shorter side, or [height, width]. Absent: the model's own, without
   * a crop; else the set's.
   */
  readonly resize?: PictureSide;
  /** The part about the centre that is kept, of both sides or [height, width]. Absent: all. */
  readonly centreCrop?: PictureSide;
  /** Interpolation between pixels; picture-size.ts has the formulas. Absent: bilinear. */
  readonly interpolation?: Interpolation;
  /** Whether pictures that get smaller are smoothed, as Pillow and torchvision do. Absent: no. */
  readonly antialias?: boolean;
  /**
   * For a model of texts: tokens of a text at most, with the model's own before and behind it. A longer text loses its
   * end.
   */
  readonly maximumTokens?: number;
  /** For a model of texts: the number of the token that fills rows up. */
  readonly padToken?: number;
  /**
   * For a model that reads a table's columns: which ones, in the order of its input; with several inputs, by their
   * names. An input that is not named reads the column of its own name.
   */
  readonly columns?: readonly string[] | Readonly<Record<string, readonly string[]>>;
  /** For a model with several outputs: the one that tells the classes. */
  readonly outputName?: string;
  /** The outputs are logits, even if each row is a distribution. Absent: then there is a warning. */
  readonly logitsConfirmed?: boolean;
  /** Names of the model's classes in the order of its output. Absent: the set's own order. */
  readonly classes?: readonly string[];
}

const LAYOUTS = ['NHWC', 'NCHW'] as const;
export type Layout = (typeof LAYOUTS)[number];

/** `gray` is 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601). */
const COLOURS = ['RGB', 'BGR', 'gray'] as const;
type Colours = (typeof COLOURS)[number];

const INTERPOLATIONS = ['bilinear', 'bicubic', 'nearest'] as const;
type Interpolation = (typeof INTERPOLATIONS)[number];

/** Pixels of both sides alike, or [height, width]. */
type PictureSide = number | readonly [number, number];

/** The largest side. No model takes larger pictures; a larger setting is a mistake that costs memory. */
const MAX_SIDE = 8192;

/** The most tokens of a text, which ModernBERT takes. */
const MAX_TOKENS = 8192;

/** The greatest number of a token, since some models number tokens by int32. */
const MAX_TOKEN_NUMBER = 2 ** 31 - 1;

/** The most columns: as many as a sample may have numbers. */
const MAX_COLUMNS = 65_536;

/** The most classes; ImageNet-21k has 21,843. */
const MAX_CLASSES = 65_536;

/** A field: what it must be, in words, and whether a value is that. */
interface Field {
  readonly want: string;
  readonly fits: (value: unknown) => boolean;
  /** The full value that a shorter way to write it stands for. */
  readonly whole?: (value: unknown) => unknown;
  /** Whether the value means the same as leaving the field out. */
  readonly isDefault?: (value: unknown) => boolean;
}

const oneOf = (values: readonly string[]): Field => ({
  want: values.map((value) => JSON.stringify(value)).join(' or '),
  fits: (value) => typeof value === 'string' && values.includes(value),
});
const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);
const isPositive = (value: unknown) => isNumber(value) && value > 0;
const isWhole = (value: unknown, least: number, greatest: number) =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= greatest;
const isSide = (value: unknown) => isWhole(value, 1, MAX_SIDE);
const isNameList = (value: unknown) =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length <= MAX_COLUMNS &&
  value.every((name) => typeof name === 'string');
const PICTURE_SIDE: Field = {
  want: `a whole number from 1 to ${MAX_SIDE}, or [height, width]`,
  fits: (value) =>
    isSide(value) || (Array.isArray(value) && value.length === 2 && value.every(isSide)),
};
const perChannel = (want: string, fits: (value: unknown) => boolean, normal: number): Field => ({
  want,
  whole: (value) => (typeof value === 'number' ? [value] : value),
  fits: (value) => Array.isArray(value) && value.length > 0 && value.every(fits),
  isDefault: (value) => Array.isArray(value) && value.every((one) => one === normal),
});

/** Fields in the order of the canonical JSON. */
const FIELDS: Readonly<Record<keyof ModelSettings, Field>> = {
  output: oneOf(['logits', 'probabilities']),
  modality: {
    want: `a modality's name: ${MODALITY_NAME_RULE}`,
    fits: (value) => typeof value === 'string' && MODALITY_NAME.test(value),
  },
  scale: {
    want: 'a number greater than 0',
    fits: isPositive,
    isDefault: (value) => value === 1,
  },
  mean: perChannel(
    'a list of numbers, one for all or one a channel, or a number for all',
    isNumber,
    0,
  ),
  standardDeviation: perChannel(
    'a list of numbers greater than 0, one for all or one a channel, or a number for all',
    isPositive,
    1,
  ),
  layout: { ...oneOf(LAYOUTS), isDefault: (value) => value === 'NHWC' },
  colours: oneOf(COLOURS),
  resize: PICTURE_SIDE,
  centreCrop: PICTURE_SIDE,
  interpolation: { ...oneOf(INTERPOLATIONS), isDefault: (value) => value === 'bilinear' },
  antialias: {
    want: 'true or false',
    fits: (value) => typeof value === 'boolean',
    isDefault: (value) => value === false,
  },
  maximumTokens: {
    want: `a whole number from 1 to ${MAX_TOKENS}`,
    fits: (value) => isWhole(value, 1, MAX_TOKENS),
  },
  padToken: {
    want: 'a whole number from 0',
    fits: (value) => isWhole(value, 0, MAX_TOKEN_NUMBER),
  },
  columns: {
    want: `a list of at most ${MAX_COLUMNS} columns' names, or an object of such lists by the model's inputs`,
    fits: (value) =>
      isNameList(value) ||
      (isObject(value) &&
        Object.values(value).length > 0 &&
        Object.values(value).every(isNameList)),
  },
  outputName: {
    want: "an output's name",
    fits: (value) => typeof value === 'string' && value !== '',
  },
  logitsConfirmed: {
    want: 'true or false',
    fits: (value) => typeof value === 'boolean',
    isDefault: (value) => value === false,
  },
  classes: {
    want: `a list of at most ${MAX_CLASSES} different names`,
    fits: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.length <= MAX_CLASSES &&
      value.every((name) => typeof name === 'string') &&
      new Set(value).size === value.length,
  },
};

const NAMES = Object.keys(FIELDS) as (keyof ModelSettings)[];

/** The settings' canonical JSON: equal for equal settings. */
export function settingsJson(settings: Partial<ModelSettings>): string {
  return JSON.stringify(plainSettings(settings));
}

/** The settings in one order, without values that mean the same as leaving them out. */
function plainSettings(settings: Partial<ModelSettings>): Partial<ModelSettings> {
  return inOrder(settings, (name) => FIELDS[name].isDefault?.(settings[name]) !== true);
}

function inOrder(
  settings: Partial<ModelSettings>,
  isKept: (name: keyof ModelSettings) => boolean = () => true,
): Partial<ModelSettings> {
  const kept = NAMES.filter((name) => settings[name] !== undefined && isKept(name));
  return Object.fromEntries(kept.map((name) => [name, settings[name]]));
}

/** @throws {InvalidDocumentError} naming every field that is wrong. */
export function parseSettingsJson(text: string, source = 'model settings'): ModelSettings {
  const settings = plainSettings(parsePartialSettings(text, source));
  if (settings.output !== undefined) return { ...settings, output: settings.output };
  const message = `must be ${FIELDS.output.want}`;
  throw new InvalidDocumentError(source, [{ path: 'output', message }]);
}

/**
 * Settings that leave out what the model's file tells. What they say stays, also where it is what an absent setting
 * mostly stands for: the file, or one beside it, could tell otherwise.
 *
 * @throws {InvalidDocumentError} naming every field that is wrong.
 */
export function parsePartialSettings(
  text: string,
  source = 'model settings',
): Partial<ModelSettings> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new InvalidDocumentError(source, [{ path: '', message: 'is not JSON' }]);
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new InvalidDocumentError(source, [{ path: '', message: 'is no object' }]);
  }
  const problems: Problem[] = [];
  const settings: Record<string, unknown> = {};
  for (const [path, written] of Object.entries(document)) {
    const field = Object.hasOwn(FIELDS, path) ? FIELDS[path as keyof ModelSettings] : undefined;
    const value = field?.whole?.(written) ?? written;
    settings[path] = value;
    if (field === undefined) {
      const message = `is not a known key here; known are ${NAMES.join(', ')}`;
      problems.push({ path, message });
    } else if (!field.fits(value)) {
      problems.push({ path, message: `must be ${field.want}, got ${JSON.stringify(value)}` });
    }
  }
  if (problems.length > 0) throw new InvalidDocumentError(source, problems);
  return inOrder(settings as Partial<ModelSettings>);
}

/**
 * A teacher's identity, SHA-256 hex: equal identities give equal answers.
 *
 * @param modelDigest - SHA-256, hex, of the model's package.
 * @param engine - name and version of the engine.
 */
export function teacherIdentity(
  modelDigest: string,
  settings: ModelSettings,
  engine: string,
): string {
  return sha256Hex(JSON.stringify([modelDigest, settingsJson(settings), engine]));
}
