/** From headers that name secrets to headers that carry them. */
import type { Headers } from '../../header-schema.js';
import { readSecret, type SecretPlaces } from '../secrets.js';

/** @throws {LyceumError} as {@link readSecret} does. */
export function headersWithSecrets(
  headers: Readonly<Headers>,
  places: SecretPlaces,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : `${value.prefix}${readSecret(places, value.secret)}`,
    ]),
  );
}
