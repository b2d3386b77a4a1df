/** Fills secrets into headers that name them, and removes secrets from what servers send back. */
import { LyceumError } from '@lyceum/proto';
import { calleeOf, readSecret, type SecretPlaces } from '../outside/index.js';

/** Headers as people write them: a text, or the name of a secret and the text before it. */
export type Headers = Readonly<
  Record<string, string | { readonly secret: string; readonly prefix: string }>
>;

export interface FilledHeaders {
  readonly headers: Readonly<Record<string, string>>;
  /** Texts that are never shown, even if a server repeats them. */
  readonly secrets: readonly string[];
}

/** Values that both HTTP and gRPC can carry. */
const CARRIED = /^[ -~]*$/;

/** Shorter secrets occur in answers by chance, and protect nothing. */
const HIDDEN_MIN_CHARACTERS = 8;

/**
 * @param url - where the headers are sent.
 * @throws {LyceumError} FAILED_PRECONDITION, without quoting it, if a value cannot be sent; as {@link readSecret}
 *   does.
 */
export function headersWithSecrets(
  headers: Headers,
  places: SecretPlaces,
  url: string,
): FilledHeaders {
  const callee = calleeOf(url);
  const secrets: string[] = [];
  const filled = Object.entries(headers).map(([name, value]): [string, string] => {
    if (typeof value === 'string') return [name, carried(value, `the header ${name}`)];
    const secret = readSecret(places, value.secret, callee);
    secrets.push(secret);
    const own = carried(secret, `the secret ${value.secret}`);
    return [name, `${carried(value.prefix, `the header ${name}`)}${own}`];
  });
  // The longest first: a secret may be part of another one.
  const hidden = secrets
    .filter(({ length }) => length >= HIDDEN_MIN_CHARACTERS)
    .sort((a, b) => b.length - a.length);
  return { headers: Object.fromEntries(filled), secrets: hidden };
}

/** A text of an outside server, without secrets that it was sent. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
}

/** Checked here: libraries refuse such a value too, but some quote it in their message. */
function carried(value: string, what: string): string {
  if (CARRIED.test(value)) return value;
  const place = [...value].findIndex((sign) => !CARRIED.test(sign)) + 1;
  const message = `${what} cannot be sent: character ${place} of ${value.length} is a line end or another that no header carries; want one line of letters, digits and signs of ASCII`;
  throw new LyceumError('FAILED_PRECONDITION', message);
}
