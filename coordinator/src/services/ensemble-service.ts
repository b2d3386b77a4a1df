/** Handlers of `EnsembleService`. */
import { type Logger, serverStream } from '@lyceum/platform';
import type { EvaluateEnsembleRequest, EvaluateEnsembleResponse } from '@lyceum/proto';
import type { EnsembleEvaluations } from '../evaluation/index.js';

export interface EnsembleServiceParts {
  readonly evaluations: EnsembleEvaluations;
  readonly stopping: AbortSignal;
  readonly log: Logger;
}

export function ensembleService({ evaluations, stopping, log }: EnsembleServiceParts) {
  return {
    evaluateEnsemble: serverStream<EvaluateEnsembleRequest, EvaluateEnsembleResponse>(
      log,
      (request, { signal }) => evaluations.evaluate(request, signal),
      { stopping },
    ),
  };
}
