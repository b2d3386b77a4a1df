/** Small schemas, and the page that is made of them. */
import { expect, it } from 'vitest';
import { describedFields, documentPage, type Schema } from '../../src/reference/documents.js';

const term = (name: string): Schema => ({
  type: 'object',
  properties: { term: { const: name, description: `The term ${name}.` } },
  required: ['term'],
});

const schema: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string', description: 'Its name.' },
    share: { type: 'number', minimum: 0, exclusiveMaximum: 1, default: 0, description: 'A share.' },
    terms: { type: 'array', minItems: 1, items: { anyOf: [term('a'), term('b')] } },
    labels: { anyOf: [{ const: 'all' }, { type: 'object', properties: { count: {} } }] },
    prices: { type: 'object', additionalProperties: { type: 'integer', maximum: 2 ** 53 - 1 } },
  },
  required: ['name', 'terms'],
};

it('documentPage has the type, the limits and the default of a field, or that it is needed', () => {
  const page = documentPage('Run', 'Intro.', schema);
  expect(page).toContain('| `name` | string | needed | Its name. |');
  expect(page).toContain('| `share` | number, from 0, below 1 | `0` | A share. |');
  expect(page).toContain('| `prices` | map of whole number |  |  |');
});

it('documentPage has sections for objects, and links from their fields', () => {
  const page = documentPage('Run', 'Intro.', schema);
  expect(page).toContain('| `terms` | list of [a](#terms-a) or [b](#terms-b), at least 1 |');
  expect(page).toContain('## `terms[] a`');
  expect(page).toContain('| `labels` | `"all"` or [object](#labels) |');
  expect(page).toContain('## `labels`');
});

it('documentPage names alternative objects by the field that only one of them requires', () => {
  const choice = (own: string): Schema => ({
    type: 'object',
    properties: { name: {}, [own]: {} },
    required: ['name', own],
  });
  const page = documentPage('Run', '', {
    properties: { x: { anyOf: [choice('m'), choice('n')] } },
  });
  expect(page).toContain('## `x m`');
  expect(page).toContain('## `x n`');
});

it('describedFields has an empty text for a field without a description', () => {
  const without = describedFields(schema).filter(({ text }) => text === '');
  expect(without.map(({ path }) => path)).toEqual(['terms', 'labels', 'prices', 'labels.count']);
});
