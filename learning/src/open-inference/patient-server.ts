/** A server whose requests are tried again, so that one that is away for a moment counts as there. */
import { type RetryOptions, retrying } from '@lyceum/platform';
import type { InferenceServer } from './inference-server.js';

/** A server that wants to be left alone for longer is not waited for. */
const GREATEST_DELAY_MS = 5_000;

/** Closing it closes the server. What the last try of a request threw is thrown. */
export function patientServer(
  server: InferenceServer,
  options: Omit<RetryOptions, 'greatestDelayMs'>,
): InferenceServer {
  const again = <T>(request: () => Promise<T>): Promise<T> =>
    retrying(request, { ...options, greatestDelayMs: GREATEST_DELAY_MS });
  return {
    serverMetadata: () => again(() => server.serverMetadata()),
    modelMetadata: () => again(() => server.modelMetadata()),
    infer: (request, signal) => again(() => server.infer(request, signal)),
    bestClasses: (request, count) => again(() => server.bestClasses(request, count)),
    close: () => server.close(),
  };
}
