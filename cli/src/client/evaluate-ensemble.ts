/** Teachers measured together on a data set, without a run. */
import type { EnsembleTable } from '@lyceum/coordinator/documents';
import { type EnsembleClient, openServerStream } from '@lyceum/platform';
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
