/** Calls to teachers without a run: to measure them together, or to ask again for stored answers. */
import type { EnsembleTable } from '@lyceum/coordinator/documents';
import { type AnswerClient, type EnsembleClient, openServerStream } from '@lyceum/platform';
import type { AnswerVerification } from '@lyceum/proto';
import { present } from './present.js';
import type { WaitOptions } from './watching.js';

export interface EnsembleRequest {
  /** Pushed models, or `run:ID`; `@MODALITY` behind a name chooses what the teacher sees. */
  readonly teachers: readonly string[];
  readonly dataset: string;
  /** Default `test`. */
  readonly split?: string;
  /** `RULE[:WEIGHTING][+calibrate]`; default all. */
  readonly rules?: readonly string[];
}

/** Measures teachers together on a data set. */
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
  /** Ids of tables of answers; none: all. */
  readonly ids?: readonly string[];
  /** Number of spans of each table; default 1. */
  readonly spanCount?: number;
  /** Chooses the spans. */
  readonly seed?: number;
  /** How long to wait for a silent teacher. */
  readonly patienceSeconds?: number;
}

/** Asks teachers again for some of the stored answers. */
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
