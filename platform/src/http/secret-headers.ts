/** From headers that name secrets to headers that carry them. */
import type { Headers } from '@lyceum/proto';
import { calleeOf, readSecret, type SecretPlaces } from '../outside/index.js';

/**
 * @param url - whom they are sent to.
 * @throws {LyceumError} as {@link readSecret} does.
 */
export function headersWithSecrets(
  headers: Readonly<Headers>,
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
