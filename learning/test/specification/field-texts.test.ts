/** The JSON Schemas of documents that people write. An editor shows the meaning of each field. */

import { expect, test } from 'vitest';
import {
  endpointJsonSchema,
  imitationJsonSchema,
  runSpecificationJsonSchema,
} from '../../src/specification/index.js';

test.each([
  ['a run', runSpecificationJsonSchema],
  ['an endpoint', endpointJsonSchema],
  ['an imitation', imitationJsonSchema],
])('every field in the JSON Schema of %s has a description', (_, schema) => {
  expect([...fieldsWithoutText(schema(), '')]).toEqual([]);
});

/** Paths of properties without a description. A `const` needs none, since its value tells all. */
function* fieldsWithoutText(schema: unknown, path: string): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [keyword, part] of Object.entries(schema)) {
    if (keyword !== 'properties') {
      // A default is a value, not a schema, whatever its keys.
      if (keyword !== 'default') yield* fieldsWithoutText(part, path);
      continue;
    }
    for (const [name, field] of Object.entries<Record<string, unknown>>(part)) {
      const at = path === '' ? name : `${path}.${name}`;
      if (!('const' in field) && !field['description']) yield at;
      yield* fieldsWithoutText(field, at);
    }
  }
}
