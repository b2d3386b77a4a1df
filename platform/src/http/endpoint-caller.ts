import type { Outside } from '../outside/index.js';
import { JsonCaller, type JsonCallerOptions } from './json-caller.js';
import { type Headers, headersWithSecrets } from './secret-headers.js';

/** How an outside endpoint is called, as a document describes it. */
interface CalledEndpoint
  extends Pick<JsonCallerOptions, 'url' | 'rate' | 'timeoutMs' | 'attempts'> {
  readonly headers: Headers;
}

/**
 * A caller of the endpoint, with its headers' secrets filled in, and at its pace.
 *
 * @throws {LyceumError} as {@link headersWithSecrets} does.
 */
export function endpointCaller(
  { url, headers, rate, timeoutMs, attempts }: CalledEndpoint,
  { secrets, addresses }: Outside,
  told: Pick<JsonCallerOptions, 'answered' | 'allow' | 'retried' | 'quotes' | 'longestWaitMs'> = {},
): JsonCaller {
  return new JsonCaller({
    url,
    ...headersWithSecrets(headers, secrets, url),
    addresses,
    rate,
    timeoutMs,
    attempts,
    nowMs: () => performance.now(),
    random: Math.random,
    ...told,
  });
}
