/**
 * Pieces of schemas for documents that people write, on top of zod, whose problems say what would be right.
 *
 * Every piece has words for what it wants. Sections are strict, and suggest the key that was probably meant. If a
 * value has several forms, {@link choose} picks one by what the value shows: problems are then those of the form that
 * was meant, not of all forms.
 */
import {
  cut,
  DOCUMENT_KEY_MAX_LETTERS,
  DOCUMENT_MAX_DEPTH,
  DOCUMENT_MAX_VALUES,
  PROBLEM_MAX_COUNT,
  type Problem,
} from '@lyceum/proto';
import { z } from 'zod';

/**
 * Why a document is refused unread: it has so many values, or is so deep, that no person wrote it and a check would
 * take long. A part that is referred to several times, as by YAML's aliases, counts each time.
 */
export function boundsProblem(document: unknown): Problem | undefined {
  let valueCount = 0;
  for (const open: { value: unknown; depth: number }[] = [{ value: document, depth: 0 }]; ; ) {
    const next = open.pop();
    if (next === undefined) return undefined;
    const { value, depth } = next;
    if (depth > DOCUMENT_MAX_DEPTH) {
      return { path: '', message: `is more than ${DOCUMENT_MAX_DEPTH} sections deep` };
    }
    if (typeof value !== 'object' || value === null) continue;
    const keys = Object.keys(value);
    valueCount += keys.length;
    if (valueCount > DOCUMENT_MAX_VALUES) {
      return { path: '', message: `has more than ${DOCUMENT_MAX_VALUES} values` };
    }
    const long = Array.isArray(value)
      ? undefined
      : keys.find((key) => key.length > DOCUMENT_KEY_MAX_LETTERS);
    if (long !== undefined) {
      const message = `has a key of ${long.length} letters; at most ${DOCUMENT_KEY_MAX_LETTERS} are read`;
      return { path: cut(long, DOCUMENT_KEY_MAX_LETTERS), message };
    }
    for (const part of Object.values(value)) open.push({ value: part, depth: depth + 1 });
  }
}

/** The problem's text for a value: what is wanted, and what was given instead. */
export function wants(want: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) =>
    input === undefined ? `is missing; want ${want}` : `want ${want}, got ${shown(input)}`;
}

export interface NumberRange {
  /** The number must be greater than this. */
  readonly above?: number;
  readonly atLeast?: number;
  /** The number must be less than this. */
  readonly below?: number;
  readonly atMost?: number;
}

/** A finite number. */
export function number(want: string, range: NumberRange = {}): z.ZodNumber {
  return ranged(z.number({ error: wants(want) }), want, range);
}

/** A whole number that a double holds exactly. */
export function wholeNumber(want: string, range: NumberRange): z.ZodNumber {
  return ranged(z.int({ error: wants(want) }), want, range);
}

function ranged(schema: z.ZodNumber, want: string, range: NumberRange): z.ZodNumber {
  const error = wants(want);
  let result = schema;
  if (range.above !== undefined) result = result.gt(range.above, { error });
  if (range.atLeast !== undefined) result = result.gte(range.atLeast, { error });
  if (range.below !== undefined) result = result.lt(range.below, { error });
  if (range.atMost !== undefined) result = result.lte(range.atMost, { error });
  return result;
}

/** A string that matches the pattern. */
export function text(want: string, pattern: RegExp): z.ZodString {
  return z.string({ error: wants(want) }).regex(pattern, { error: wants(want) });
}

export function flag(): z.ZodBoolean {
  return z.boolean({ error: wants('true or false') });
}

/** One of a few words. */
export function word<const Words extends readonly [string, ...string[]]>(
  ...words: Words
): z.ZodEnum<{ [W in Words[number]]: W }> {
  const error = ({ input }: { readonly input?: unknown }): string => {
    const meant = typeof input === 'string' ? nearest(input, words) : undefined;
    return (
      wants(listed(words))({ input }) + (meant === undefined ? '' : `; did you mean ${meant}?`)
    );
  };
  return z.enum(words, { error }) as z.ZodEnum<{ [W in Words[number]]: W }>;
}

/** A list of `element`s, with limits on their count. */
export function list<T extends z.ZodType>(
  element: T,
  want: string,
  length: { readonly atLeast?: number; readonly atMost?: number } = {},
): z.ZodArray<T> {
  const error = wants(want);
  let result = z.array(element, { error });
  if (length.atLeast !== undefined) result = result.min(length.atLeast, { error });
  if (length.atMost !== undefined) result = result.max(length.atMost, { error });
  return result;
}

/**
 * A mapping with these keys and no others.
 *
 * @param elsewhere - for keys that belong somewhere else: the words that say where.
 */
export function section<Shape extends z.ZodRawShape>(
  shape: Shape,
  elsewhere: Readonly<Record<string, string>> = {},
): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape);
  const want = `a mapping with ${listed(known, 'and')}`;
  return z.strictObject(shape, {
    // One line for each unknown key; `problemsOf` splits the lines again.
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys
            .slice(0, PROBLEM_MAX_COUNT + 1)
            .map((key) => unknownKey(key, known, elsewhere))
            .join('\n')
        : wants(want)(issue),
  }) as z.ZodObject<Shape, z.core.$strict>;
}

function unknownKey(
  key: string,
  known: readonly string[],
  elsewhere: Readonly<Record<string, string>>,
): string {
  if (Object.hasOwn(elsewhere, key)) return elsewhere[key] ?? '';
  const meant = nearest(key, known);
  const hint =
    meant === undefined ? `known here are ${listed(known, 'and')}` : `did you mean ${meant}?`;
  return `is not a known key here; ${hint}`;
}

/** What {@link choose} gets for a value: the schema of the form that was meant, or what is wrong. */
export type Choice<Form extends z.ZodType> = Form | Problem;

/**
 * A value that has one of several forms.
 *
 * @param forms - all of them, for the JSON Schema.
 * @param pick - the form that `input` was meant to have; a problem's path is relative to the value.
 */
export function choose<const Forms extends readonly z.ZodType[]>(
  forms: Forms,
  pick: (input: unknown) => Choice<Forms[number]>,
): z.ZodType<z.output<Forms[number]>, z.input<Forms[number]>> {
  const anyOf = forms.map((form) => {
    const { $schema: _, ...schema } = z.toJSONSchema(form, { io: 'input' });
    return schema;
  });
  const chosen = z
    .unknown()
    .meta({ anyOf })
    .transform((input, context): unknown => {
      const choice = pick(input);
      if (!(choice instanceof z.ZodType)) {
        const path = choice.path === '' ? [] : choice.path.split('.');
        context.addIssue({ code: 'custom', path, message: choice.message });
        return z.NEVER;
      }
      const result = choice.safeParse(input);
      if (result.success) return result.data;
      for (const { path, message } of problemsAt(result.error)) {
        context.addIssue({ code: 'custom', path: [...path], message });
      }
      return z.NEVER;
    });
  return chosen as unknown as z.ZodType<z.output<Forms[number]>, z.input<Forms[number]>>;
}

/** The problems of a document, in its order, each once; if there are very many, only the first. */
export function problemsOf(error: z.ZodError): Problem[] {
  const seen = new Map<string, Problem>();
  for (const { path, message } of problemsAt(error)) {
    const problem = { path: pathText(path), message };
    seen.set(JSON.stringify(problem), problem);
    if (seen.size > PROBLEM_MAX_COUNT) break;
  }
  return [...seen.values()];
}

function problemsAt(error: z.ZodError): { path: readonly PropertyKey[]; message: string }[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }];
    const messages = issue.message.split('\n');
    return messages.map((message, i) => ({ path: [...issue.path, issue.keys[i] ?? ''], message }));
  });
}

/** `['spec', 'teachers', 1, 'weight']` as `spec.teachers[1].weight`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `a, b or c`. */
export function listed(words: readonly string[], last: 'and' | 'or' = 'or'): string {
  if (words.length < 2) return words.join();
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

/** A value in a form that a person recognises, cut if it is long. */
function shown(value: unknown): string {
  if (Array.isArray(value))
    return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (value instanceof Date) return `the date ${value.toISOString()}`;
  if (isMapping(value)) {
    const keys = Object.keys(value);
    return keys.length === 0
      ? 'an empty mapping'
      : `a mapping with ${listed(keys.slice(0, 8), 'and')}`;
  }
  if (value === null) return 'nothing';
  const printed =
    typeof value === 'string' ? JSON.stringify(cut(withoutKeys(value), 80)) : String(value);
  return printed.length <= 80 ? printed : `${printed.slice(0, 77)}…`;
}

/** A URL without its user, password and query, which may be keys; any other text unchanged. */
function withoutKeys(text: string): string {
  return text
    .replace(/^([a-z][a-z\d+.-]*:\/\/).*@/is, '$1…@')
    .replace(/^([a-z][a-z\d+.-]*:\/\/[^?]*\?).+$/is, '$1…');
}

/** The word that was probably meant: at most a third of its letters differ. */
function nearest(given: string, words: readonly string[]): string | undefined {
  let best: { word: string; distance: number } | undefined;
  for (const candidate of words) {
    // Lengths first: comparing costs their product.
    if (Math.abs(given.length - candidate.length) > nearDistance(candidate)) continue;
    const distance = editDistance(given.toLowerCase(), candidate.toLowerCase());
    const near = distance <= nearDistance(candidate);
    if (near && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) {
      best = { word: candidate, distance };
    }
  }
  return best?.word;
}

function nearDistance(word: string): number {
  return Math.max(1, Math.floor(word.length / 3));
}

/** Least number of changes: insert, delete or replace a letter, or swap it with its neighbour. */
function editDistance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 0; i <= a.length; i += 1) {
    for (let j = 0; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let least = i === 0 || j === 0 ? i + j : at(i - 1, j - 1) + (same ? 0 : 1);
      if (i > 0 && j > 0) least = Math.min(least, at(i - 1, j) + 1, at(i, j - 1) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, at(i - 2, j - 2) + 1);
      }
      const row = rows[i];
      if (row !== undefined) row[j] = least;
    }
  }
  return at(a.length, b.length);
}
