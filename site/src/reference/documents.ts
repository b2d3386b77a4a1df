/**
 * A page about a document's fields, from its JSON Schema: a section for each object, a row for each field. Pure.
 *
 * An object's path is the path of the field that holds the object; `[]` is an element of a list, `{NAME}` a value of a
 * map. If several kinds of objects may be in one place, each path ends with the object's tag: `objective[] kd`.
 */
import { slugOf } from '../page-links.js';
import type { Described } from './described.js';
import { code, page, plain, table } from './markdown.js';

export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

interface Section {
  readonly path: string;
  readonly schema: Schema;
}

/** @param needed - the word in the column of defaults for a field that must be there. */
export function documentPage(
  title: string,
  intro: string,
  schema: Schema,
  needed = 'needed',
): string {
  const sections = sectionsOf(schema, '').map(({ path, schema: object }) =>
    page(
      `## ${path === '' ? 'The document' : code(path)}`,
      plain(object.description ?? ''),
      table(['field', 'type', 'default', 'what'], rowsOf(path, object, needed)),
    ).trim(),
  );
  return page(`# ${title}`, intro, ...sections);
}

/** All fields of the document, with their descriptions. */
export function describedFields(schema: Schema): Described[] {
  return sectionsOf(schema, '').flatMap(({ path, schema: object }) =>
    Object.entries(object.properties ?? {}).map(([name, field]) => ({
      path: below(path, name),
      text: field.description ?? '',
    })),
  );
}

/** All objects of the document, outer ones first. */
function sectionsOf(schema: Schema, path: string): Section[] {
  return objectsAt(schema, path).flatMap((section) => [
    section,
    ...Object.entries(section.schema.properties ?? {}).flatMap(([name, field]) =>
      sectionsOf(field, below(section.path, name)),
    ),
  ]);
}

/** The objects that may be in a place, including objects in its lists and maps. */
function objectsAt(schema: Schema, path: string): Section[] {
  if (schema.anyOf !== undefined) {
    const found = schema.anyOf.flatMap((choice) => objectsAt(choice, path));
    const siblings = found.filter((section) => section.path === path);
    return siblings.length < 2 ? found : found.map((section) => tagged(section, path, siblings));
  }
  if (schema.items !== undefined) return objectsAt(schema.items, `${path}[]`);
  if (schema.properties !== undefined) return [{ path, schema }];
  const values = schema.additionalProperties;
  return typeof values === 'object' ? objectsAt(values, `${path}{NAME}`) : [];
}

function tagged(section: Section, path: string, siblings: readonly Section[]): Section {
  if (!siblings.includes(section)) return section;
  return { ...section, path: `${path} ${tagOf(section, siblings)}` };
}

/**
 * The tag that distinguishes an object from the others in its place: the value of its constant field, or the name of a
 * field that it must have and others need not have.
 */
function tagOf({ schema }: Section, siblings: readonly Section[]): string {
  const { properties = {}, required = [] } = schema;
  const fixed = Object.values(properties).find((field) => field.const !== undefined);
  if (fixed !== undefined) return String(fixed.const);
  const isShared = (name: string) =>
    siblings.every((sibling) => sibling.schema.required?.includes(name) === true);
  return required.find((name) => !isShared(name)) ?? required[0] ?? 'other';
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function rowsOf(path: string, object: Schema, needed: string): string[][] {
  return Object.entries(object.properties ?? {}).map(([name, field]) => {
    const isNeeded = (object.required ?? []).includes(name) && field.default === undefined;
    return [
      code(name),
      typeOf(field, below(path, name)),
      defaultOf(field) || (isNeeded ? needed : ''),
      plain(field.description ?? ''),
    ];
  });
}

function defaultOf(field: Schema): string {
  return field.default === undefined ? '' : code(JSON.stringify(field.default));
}

/** The type in words, with limits; objects are links to their sections. */
function typeOf(schema: Schema, path: string): string {
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  if (schema.anyOf !== undefined) {
    const objects = objectsAt(schema, path).filter((section) => section.path.startsWith(path));
    const others = schema.anyOf.filter((choice) => choice.properties === undefined);
    const direct = objects.filter(({ schema: object }) => schema.anyOf?.includes(object));
    return [
      ...new Set([...others.map((choice) => typeOf(choice, path)), ...direct.map(link)]),
    ].join(' or ');
  }
  if (schema.items !== undefined)
    return `list of ${typeOf(schema.items, `${path}[]`)}${length(schema)}`;
  if (schema.properties !== undefined) return link({ path, schema });
  if (typeof schema.additionalProperties === 'object') {
    return `map of ${typeOf(schema.additionalProperties, `${path}{NAME}`)}`;
  }
  const types = [schema.type ?? 'anything'].flat().map((type) => TYPE_WORDS[type] ?? type);
  return types.join(' or ') + limits(schema);
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  integer: 'whole number',
  boolean: 'true or false',
};

/** A link to an object's section. Its text is the object's tag, or `object` if there is no tag. */
function link({ path }: Section): string {
  const tag = path.split(' ')[1];
  return `[${tag === undefined ? 'object' : plain(tag)}](#${slugOf(path)})`;
}

function length({ minItems, maxItems }: Schema): string {
  if (minItems === undefined && maxItems === undefined) return '';
  if (maxItems === undefined) return `, at least ${minItems}`;
  return `, ${minItems ?? 0} to ${maxItems}`;
}

function limits(schema: Schema): string {
  const { minimum, exclusiveMinimum, exclusiveMaximum } = schema;
  const maximum = schema.maximum === Number.MAX_SAFE_INTEGER ? undefined : schema.maximum;
  const words = [
    minimum === undefined ? '' : `from ${minimum}`,
    exclusiveMinimum === undefined ? '' : `above ${exclusiveMinimum}`,
    maximum === undefined ? '' : `to ${maximum}`,
    exclusiveMaximum === undefined ? '' : `below ${exclusiveMaximum}`,
  ].filter((word) => word !== '');
  return words.length === 0 ? '' : `, ${words.join(', ')}`;
}
