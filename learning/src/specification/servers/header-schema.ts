/**
 * Headers of calls to outside servers, as users describe them. A document has a secret's name only, never its value.
 */
import { type Problem, SECRET_NAME } from '@lyceum/proto';
import { z } from 'zod';
import { choose, isMapping, section, text, wants } from '../../documents/index.js';

/** Name of a secret: a file or variable that the operator of the calling process has made. */
export const secretName = text(
  'the name of a secret: lower-case letters, digits and dashes',
  SECRET_NAME,
);

const literal = z.string({ error: wants('a text') });
const fromSecret = section({
  secret: secretName.describe('The name of the secret whose value is sent.'),
  prefix: literal
    .default('')
    .describe("What stands before the secret in the header's value, as `Bearer `."),
});
const HEADER = 'a text, or { secret, prefix }';
const header = choose([literal, fromSecret], (input) => {
  if (typeof input === 'string') return literal;
  return isMapping(input) ? fromSecret : { path: '', message: wants(HEADER)({ input }) };
});

/**
 * Any name but those that the transport sets. `host` above all could take a secret to another server at the same
 * address.
 */
const NAME =
  /^(?!(?:host|connection|content-length|expect|te|trailer|transfer-encoding|upgrade)$)[A-Za-z0-9-]{1,64}$/i;

export const headers = z.record(
  text('the name of a header, none of those that the transport sets itself, as host', NAME),
  header,
  {
    error: wants('a mapping from names of headers to their values'),
  },
);

/** Headers, and parts of a URL's query, that carry keys. */
const KEY_HEADER = /^(?:(?:proxy-)?authorization|cookie|(?:.+-)?(?:api-?key|key|token|secret))$/i;
const KEY_PART =
  /^(?:(?:api|access|auth|subscription)[-_]?)?(?:key|token|secret|sig|signature|pass(?:word)?)$/i;

/** Azure's functions take their keys as `code`, which elsewhere is the code of a language or a country. */
const AZURE_PART = /^code$/i;
const AZURE_KEY = /^[\w+/= -]{20,}$/;

/** Keys that are written into a document: readers of the document and of runs' copies would see them. */
export function writtenKeyProblems({
  url,
  headers: written = {},
}: {
  readonly url: string;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
}): Problem[] {
  const want =
    'is a key that is written into the document, which is stored and shown; want a header { secret: NAME }, and the key where secrets stand';
  const named = Object.entries(written).filter(
    ([name, value]) => typeof value === 'string' && KEY_HEADER.test(name),
  );
  const parts = URL.canParse(url) ? [...new URL(url).searchParams] : [];
  return [
    ...named.map(([name]) => ({ path: `headers.${name}`, message: want })),
    ...parts
      .filter(([part, value]) =>
        AZURE_PART.test(part) ? AZURE_KEY.test(value) : KEY_PART.test(part),
      )
      .map(([part]) => ({ path: 'url', message: `${part} ${want}` })),
  ];
}
