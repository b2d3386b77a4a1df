import type { ComparisonFacts } from '@lyceum/dashboard/api';
import { LyceumError } from '@lyceum/proto';
import { type CoordinatorClient, runStateName } from '../../client/index.js';
import { comparedRun } from '../../session/index.js';
import { type ComparedParts, comparisonFacts } from '../facts/index.js';

export type ComparisonClient = Pick<CoordinatorClient, 'getPredictions' | 'getReport' | 'getRun'>;

/** As many runs as a person can look at; each costs a bootstrap. */
const COMPARED_MAX = 8;

/**
 * @param signal - aborts the comparison.
 * @throws {LyceumError} INVALID_ARGUMENT if there are too few or too many runs; errors of the calls.
 */
export async function askComparison(
  client: ComparisonClient,
  runIds: readonly string[],
  signal: AbortSignal,
): Promise<ComparisonFacts> {
  if (runIds.length < 2 || runIds.length > COMPARED_MAX) {
    const message = `want 2 to ${COMPARED_MAX} runs to compare; got ${runIds.length}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const parts: ComparedParts[] = [];
  // One run after another: the test outputs of each may have many megabytes.
  for (const runId of runIds) {
    const run = await client.getRun(runId);
    const hasResult = runStateName(run) === 'SUCCEEDED';
    parts.push({ run, result: hasResult ? await comparedRun(client, runId, signal) : undefined });
  }
  return comparisonFacts(parts);
}
