/**
 * The names of a model's classes in the order of its output, if a file holds them: an operation's attribute, metadata,
 * a file beside the model. Several places may hold them, and the user may set them too: all must agree.
 */
import type { Problem } from '@lyceum/proto';
import { isObject } from '../files/index.js';

export interface ClassLabels {
  /** Names, all different, in the order of the model's output. */
  readonly names: readonly string[];
  /** The place that holds them, in words that may follow "by". */
  readonly source: string;
}

/** The fewest names of a list: with one class there is nothing to tell apart. */
const LEAST_NAMES = 2;

/** The longest text that is read as a list: ImageNet-21k's names take 600 kB. */
const MAX_LENGTH = 4 * 2 ** 20;

/** Names that a message shows. */
const SHOWN = 6;

/**
 * Keys of metadata under which exporters put their lists: Hugging Face, Ultralytics, fastai, Teachable Machine and
 * others.
 */
const METADATA_KEYS: ReadonlySet<string> = new Set([
  'classes',
  'class_names',
  'classNames',
  'id2label',
  'label_names',
  'labels',
  'names',
]);

/** Labels in metadata: the first of these keys whose value is a list of names counts. */
export function labelsInMetadata(
  entries: Iterable<readonly [string, unknown]>,
  where: string,
): ClassLabels | undefined {
  for (const [key, value] of entries) {
    if (!METADATA_KEYS.has(key)) continue;
    const names = typeof value === 'string' ? namesInText(value) : namesInValue(value);
    if (names !== undefined && !arePlaceholders(names)) {
      return { names, source: `${where}${key}` };
    }
  }
  return undefined;
}

/** Labels that users added to the `model.json` of a TensorFlow.js model. */
export function userLabels(modelJson: unknown): readonly ClassLabels[] {
  const added = isObject(modelJson) ? modelJson['userDefinedMetadata'] : undefined;
  const found = labelsInMetadata(
    isObject(added) ? Object.entries(added) : [],
    "model.json's userDefinedMetadata.",
  );
  return found === undefined ? [] : [found];
}

/** Whether these are the names that Hugging Face writes for classes without names. */
function arePlaceholders(names: readonly string[]): boolean {
  return names.every((name, number) => name === `LABEL_${number}`);
}

/**
 * Names in a text: a JSON list or object, Python's way to write a dict, a name a line, or names between commas.
 *
 * @returns undefined if the text holds no names, or not all are different.
 */
export function namesInText(text: string): readonly string[] | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const trimmed = text.trim();
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) {
    return namesInValue(jsonOf(trimmed)) ?? namesInPython(trimmed);
  }
  const separator = trimmed.includes('\n') ? '\n' : ',';
  return different(trimmed.split(separator).map((name) => name.trim()));
}

/** Names in a list, or in an object from numbers to names (`id2label`) or from names to numbers. */
function namesInValue(value: unknown): readonly string[] | undefined {
  if (Array.isArray(value)) return different(value.map(nameOf));
  if (!isObject(value)) return undefined;
  return byNumber(Object.entries(value).map(([key, name]) => [key, nameOf(name)] as const));
}

/** `{0: 'cat', 1: "dog's"}` and `['cat', 'dog']`; NumPy writes `np.str_('cat')`. */
function namesInPython(text: string): readonly string[] | undefined {
  const parts = [...text.matchAll(PYTHON_PART)].map(([part]) => part);
  if (text.startsWith('[')) return different(parts.filter(isQuoted).map(unquoted));
  const pairs = parts.flatMap((number, i) => {
    const [between = '', name = ''] = parts.slice(i + 1, i + 3);
    const isPair = isNumber(number) && between.trimStart().startsWith(':') && isQuoted(name);
    return isPair ? [[number, unquoted(name)] as const] : [];
  });
  return byNumber(pairs);
}

/** A quoted text, a number, or the characters between them. Sticky: no character is read from two places. */
const PYTHON_PART = /'(?:[^'\\]|\\.){0,1000}'|"(?:[^"\\]|\\.){0,1000}"|\d+|[^'"\d]+/gy;

function isQuoted(part: string): boolean {
  return /^['"]/.test(part);
}

function isNumber(part: string): boolean {
  return /^\d/.test(part);
}

function unquoted(part: string): string {
  return part.slice(1, -1).replace(/\\(.)/g, '$1');
}

function byNumber(
  pairs: readonly (readonly [string, string | undefined])[],
): readonly string[] | undefined {
  const names = new Array<string | undefined>(pairs.length);
  for (const [number, name] of pairs) if (/^\d+$/.test(number)) names[Number(number)] = name;
  return names.length === pairs.length ? different(Array.from(names)) : undefined;
}

function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' || Number.isInteger(value) ? String(value) : undefined;
}

/** The names as they are, if each is a name and none comes twice. */
export function different(names: readonly (string | undefined)[]): readonly string[] | undefined {
  const known = names.filter((name): name is string => name !== undefined && name !== '');
  const isList = known.length === names.length && new Set(known).size === names.length;
  return isList && names.length >= LEAST_NAMES ? known : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The classes of a model: as the user sets them, else as the file tells them.
 *
 * @param found - in the order in which they are believed; lists of another length than the output's are left out.
 * @returns undefined if the classes are not told, or if two lists disagree, with that added to `problems`.
 */
export function agreedClasses(
  given: readonly string[] | undefined,
  found: readonly ClassLabels[],
  classCount: number | undefined,
  problems: Problem[],
): readonly string[] | undefined {
  const fitting = found.filter(({ names }) => (classCount ?? names.length) === names.length);
  const said = given === undefined ? [] : [{ names: given, source: 'its settings' }];
  const [first, ...others] = [...said, ...fitting];
  // There may be thousands of short lists, and a long one.
  const places = placesIn(first?.names ?? []);
  for (const other of others) {
    const place = firstElsewhere(other.names, places);
    if (first === undefined || place < 0) continue;
    const message = `are ${shown(first.names)} by ${first.source}, and ${shown(other.names)} by ${other.source}: output ${place} is ${first.names[place] ?? 'none'} by the one and ${other.names[place]} by the other; ${given === undefined ? 'say in the settings which of the two they are, and take the other out of the file' : 'take classes out of the settings, or mend the other'}`;
    problems.push({ path: 'classes', message });
    return undefined;
  }
  return first?.names;
}

/**
 * The output at which two lists cannot both be right: a name of one belongs to another output in the other. Lists
 * without a common name do not contradict: a user may give names to numbers and codes.
 *
 * @returns the first such output; −1: none.
 */
export function contradictionAt(names: readonly string[], others: readonly string[]): number {
  return firstElsewhere(names, placesIn(others));
}

/** @param places - of the other list's names. */
function firstElsewhere(names: readonly string[], places: ReadonlyMap<string, number>): number {
  return names.findIndex((name, place) => (places.get(name) ?? place) !== place);
}

function placesIn(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, place) => [name, place]));
}

function shown(names: readonly string[]): string {
  return `${names.slice(0, SHOWN).join(', ')}${names.length > SHOWN ? ', …' : ''}`;
}
