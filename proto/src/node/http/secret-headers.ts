/** From headers that name secrets to headers that carry them. */
import type { EndpointHeader } from '../../endpoint-schema.js';
import { readSecret, type SecretPlaces } from '../secrets.js';

/** @throws {LyceumError} as {@link readSecret} does. */
export function headersWithSecrets(
  headers: Readonly<Record<string, EndpointHeader>>,
  places: SecretPlaces,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : `${value.prefix}${readSecret(places, value.secret)}`,
    ]),
  );
}
