/** Teachers asked again for some of what is stored. */
import { type AnswerClient, openServerStream } from '@lyceum/platform';
import type { AnswerVerification } from '@lyceum/proto';
import type { WaitOptions } from './watching.js';

export interface AnswerVerificationRequest {
  /** Of tables; none: all. */
  readonly ids?: readonly string[];
  /** Of each table; 1 if left out. */
  readonly spanCount?: number;
  /** Chooses the spans. */
  readonly seed?: number;
  /** How long a teacher may say nothing. */
  readonly patienceSeconds?: number;
}

export async function* verifyAnswers(
  client: AnswerClient,
  request: AnswerVerificationRequest,
  options: WaitOptions,
): AsyncGenerator<AnswerVerification, void, undefined> {
  const { ids = [], spanCount = 1, seed = 1, patienceSeconds = 60 } = request;
  const message = { ids: [...ids], spanCount, seed, patienceSeconds };
  const { incoming } = openServerStream(() => client.verifyAnswers(message), options);
  for await (const { part } of incoming) {
    if (part?.$case === 'waiting') options.onWaiting?.(part.waiting);
    if (part?.$case === 'verification') yield part.verification;
  }
}
