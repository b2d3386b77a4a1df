/**
 * `--set path=value`: changes one field of a specification before it is sent.
 *
 *   spec.training.epochs=20
 *   teachers[0].weight=2
 *   'spec.labels={count: 200, seed: 1}'
 *
 * The path is written as in errors; `spec.` may be left out. Missing maps on the way are made; a list can grow by one
 * entry at its end. The value is YAML.
 */
import { pathText } from '@lyceum/learning/documents';
import { cut, LyceumError, toLyceumError } from '@lyceum/proto';
import { readYaml } from './read-yaml.js';

/** The path to a field from the document's root; it begins with one of {@link HEAD}. */
export type FieldPath = readonly (string | number)[];

export interface Setting {
  readonly path: FieldPath;
  readonly value: unknown;
}

/** The top-level keys of a specification. */
const HEAD: readonly unknown[] = ['apiVersion', 'kind', 'metadata', 'spec'];
const KEY = /^[A-Za-z_][A-Za-z0-9_-]*/;
const INDEX = /^\[(0|[1-9][0-9]{0,5})\]/;

/** @throws {LyceumError} INVALID_ARGUMENT if the path is malformed or the value is not YAML. */
export function parseSetting(text: string): Setting {
  const equals = text.indexOf('=');
  if (equals < 0) throw malformed(text, 'has no "="');
  let path: FieldPath;
  try {
    path = parseFieldPath(text.slice(0, equals));
  } catch (err) {
    throw malformed(text, toLyceumError(err).message);
  }
  const read = readYaml(text.slice(equals + 1));
  if ('problem' in read) throw malformed(text, `its value ${read.problem.message}`);
  return { path, value: read.value };
}

/**
 * `teachers[0].weight` as `['spec', 'teachers', 0, 'weight']`.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if the path is malformed.
 */
export function parseFieldPath(text: string): FieldPath {
  const path = parsePath(text);
  return HEAD.includes(path[0]) ? path : ['spec', ...path];
}

/** For a repeatable option: the settings so far and one more. */
export function addSetting(text: string, before: readonly Setting[] = []): Setting[] {
  return [...before, parseSetting(text)];
}

/**
 * Changes `document` in place.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if a part of the path is neither map nor list.
 */
export function applySetting(document: unknown, setting: Setting): void {
  let parent = document;
  for (const [depth, part] of setting.path.entries()) {
    const last = depth === setting.path.length - 1;
    const here = pathText(setting.path.slice(0, depth));
    const next = setting.path[depth + 1];
    const fallback = last ? setting.value : typeof next === 'number' ? [] : {};
    if (typeof part === 'number') {
      if (!Array.isArray(parent)) throw mismatch(setting, here, 'a list');
      if (part > parent.length) {
        throw mismatch(setting, here, `a list of ${part} or more (it has ${parent.length})`);
      }
      if (last || parent[part] == null) parent[part] = fallback;
      parent = parent[part];
    } else {
      if (!isMap(parent)) throw mismatch(setting, here, 'a map');
      if (last || parent[part] == null) parent[part] = fallback;
      parent = parent[part];
    }
  }
}

function parsePath(text: string): (string | number)[] {
  const parts: (string | number)[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const index = parts.length > 0 ? INDEX.exec(rest) : null;
    if (index !== null) {
      parts.push(Number(index[1]));
      rest = rest.slice(index[0].length);
      continue;
    }
    if (parts.length > 0) {
      if (!rest.startsWith('.')) throw malformedPath(rest);
      rest = rest.slice(1);
    }
    const key = KEY.exec(rest)?.[0];
    if (key === undefined || key === '__proto__') throw malformedPath(rest);
    parts.push(key);
    rest = rest.slice(key.length);
  }
  if (parts.length === 0) throw new LyceumError('INVALID_ARGUMENT', 'has no path');
  return parts;
}

function malformedPath(rest: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', `is malformed at "${rest}"`);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Long enough to recognise a setting. */
const SHOWN_LETTERS = 200;

function malformed(text: string, problem: string): LyceumError {
  return new LyceumError(
    'INVALID_ARGUMENT',
    `--set ${cut(text, SHOWN_LETTERS)}: ${problem}; want PATH=VALUE, as in spec.teachers[0].weight=2`,
  );
}

function mismatch(setting: Setting, here: string, want: string): LyceumError {
  return new LyceumError(
    'INVALID_ARGUMENT',
    `--set ${pathText(setting.path)}: ${here === '' ? 'the specification' : here} is not ${want}`,
  );
}
