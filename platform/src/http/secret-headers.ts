/** From headers that name secrets to headers that carry them. */
import { calleeOf, readSecret, type SecretPlaces } from '../outside/index.js';

/** As people write them: a text, or the name of a secret with what stands before it. */
export type Headers = Readonly<
  Record<string, string | { readonly secret: string; readonly prefix: string }>
>;

/**
 * @param url - whom they are sent to.
 * @throws {LyceumError} as {@link readSecret} does.
 */
export function headersWithSecrets(
  headers: Headers,
  places: SecretPlaces,
  url: string,
): Record<string, string> {
  const callee = calleeOf(url);
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string'
        ? value
        : `${value.prefix}${readSecret(places, value.secret, callee)}`,
    ]),
  );
}
