/** What a program asks of teachers without a run: measured together, or asked again for what is stored. */
import type { EnsembleTable } from '@lyceum/coordinator/documents';
import { type AnswerClient, type EnsembleClient, openServerStream } from '@lyceum/platform';
import type { AnswerVerification } from '@lyceum/proto';
import { present } from './present.js';
import type { WaitOptions } from './watching.js';

export interface EnsembleRequest {
  /** Pushed models, or `run:ID`; `@MODALITY` behind one says what it sees. */
  readonly teachers: readonly string[];
  readonly dataset: string;
  /** Default `test`. */
  readonly split?: string;
  /** `RULE[:WEIGHTING][+calibrate]`; default all. */
  readonly rules?: readonly string[];
}

/** Teachers measured together on a data set. */
export async function evaluateEnsemble(
  client: EnsembleClient,
  request: EnsembleRequest,
  options: WaitOptions,
): Promise<EnsembleTable> {
  const { teachers, dataset, split = '', rules = [] } = request;
  const message = { teachers: [...teachers], dataset, split, rules: [...rules] };
  const { incoming } = openServerStream(() => client.evaluateEnsemble(message), options);
  let table: string | undefined;
  for await (const { part } of incoming) {
    if (part?.$case === 'waiting') options.onWaiting?.(part.waiting);
    if (part?.$case === 'tableJson') table = part.tableJson;
  }
  return JSON.parse(present(table)) as EnsembleTable;
}

export interface AnswerVerificationRequest {
  /** Ids of tables; none: all. */
  readonly ids?: readonly string[];
  /** Spans of each table; 1 if left out. */
  readonly spanCount?: number;
  /** Chooses the spans. */
  readonly seed?: number;
  /** How long a teacher may say nothing. */
  readonly patienceSeconds?: number;
}

/** Teachers asked again for some of what is stored. */
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
