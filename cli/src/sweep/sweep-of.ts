/** Makes the table of a named sweep, from the coordinator's reports of its runs. */
import { baselineRunId, LyceumError, type Run } from '@lyceum/proto';
import { type CoordinatorClient, runStateName } from '../client/index.js';
import {
  armsOf,
  type ComparedRun,
  comparableRuns,
  compareRuns,
  type RunComparison,
  runExpense,
  type SweepTable,
  type SweptFigures,
  type SweptRun,
  sweepTable,
} from '../comparison/index.js';
import { comparedRun } from '../session/index.js';
import { SWEEP_LABEL } from './sweep-axes.js';

/**
 * The runs that a sweep submitted, oldest first; without their baselines, which are rows of the runs' reports.
 *
 * @throws {LyceumError} NOT_FOUND if no run has the sweep's label.
 */
async function runsOfSweep(client: CoordinatorClient, sweep: string): Promise<Run[]> {
  const labelled = await client.listRuns({ labels: [`${SWEEP_LABEL}=${sweep}`] });
  labelled.sort((a, b) => a.submittedAtMs - b.submittedAtMs);
  const isBaseline = ({ runId, kind }: Run) =>
    kind === 'Training' && labelled.some((parent) => baselineRunId(parent.runId) === runId);
  const runs = labelled.filter((run) => !isBaseline(run));
  if (runs.length > 0) return runs;
  throw new LyceumError(
    'NOT_FOUND',
    `no run belongs to a sweep ${sweep}; one has the label ${SWEEP_LABEL}: ${sweep}, as coordinator submit --sweep writes it`,
  );
}

export async function tableOfSweep(
  client: CoordinatorClient,
  sweep: string,
  signal: AbortSignal,
): Promise<SweepTable> {
  const swept: SweptRun[] = [];
  for (const run of await runsOfSweep(client, sweep)) swept.push(await sweptRun(client, run));
  const arms = armsOf(swept);
  const comparable = comparableRuns(arms);
  return sweepTable(
    sweep,
    arms,
    arms.length < 2 ? undefined : await compared(client, comparable, signal),
  );
}

async function sweptRun(client: CoordinatorClient, run: Run): Promise<SweptRun> {
  const state = runStateName(run);
  const known = { runId: run.runId, state, specification: JSON.parse(run.specificationJson) };
  return state === 'SUCCEEDED' ? { ...known, figures: await figuresOf(client, run.runId) } : known;
}

async function figuresOf(client: CoordinatorClient, runId: string): Promise<SweptFigures> {
  const report = await client.getReport(runId);
  const { accuracy, nll, agreementWithEnsemble: agreement } = report.student;
  const { deviceSeconds, waitingShare } = runExpense(report);
  return { accuracy, nll, agreement, deviceSeconds, waitingShare };
}

/** @returns the comparison; or, in words, why the runs cannot be compared. */
async function compared(
  client: CoordinatorClient,
  runs: readonly SweptRun[],
  signal: AbortSignal,
): Promise<RunComparison | string> {
  if (runs.length < 2) return 'fewer than two runs of equal seeds have SUCCEEDED';
  try {
    const own: ComparedRun[] = [];
    for (const { runId } of runs) own.push(await comparedRun(client, runId, signal));
    return compareRuns(own);
  } catch (err) {
    if (err instanceof LyceumError && err.code === 'INVALID_ARGUMENT') return err.message;
    throw err;
  }
}
