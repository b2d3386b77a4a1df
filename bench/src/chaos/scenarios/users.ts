/**
 * Users act during the run: they submit the same document under other names, cancel, retry and delete these runs,
 * cancel and retry the run itself, and collect garbage. All runs that succeed have the same weights, since their
 * specification is the same.
 */
import { sleep } from '@lyceum/platform';
import { LyceumError, RunState, toLyceumError } from '@lyceum/proto';
import type { Scenario, Scene } from './scenario.js';

const PAUSE_MS = 400;
const TWINS = ['twin-1', 'twin-2', 'twin-3'];
/** Codes that a user gets who acts on a run too early or too late. */
const EXPECTED = ['FAILED_PRECONDITION', 'NOT_FOUND', 'ALREADY_EXISTS', 'ABORTED'];

export const users: Scenario = {
  name: 'users',
  expected: 'oracle',
  spec: {},
  firstBlowAt: 0.05,
  meanwhile: interfere,
};

async function interfere({
  client,
  runId,
  document,
  stepCount,
  signal,
  log,
}: Scene): Promise<void> {
  const submitted = new Set<string>();
  let cancels = 0;
  for (let turn = 0; !signal.aborted; turn++) {
    const twin = TWINS[turn % TWINS.length] as string;
    await tried(async () => {
      switch (turn % 7) {
        case 0:
        case 3:
          await client.submitRun(document, { runId: twin });
          submitted.add(twin);
          break;
        case 1:
          await client.cancelRun(twin);
          break;
        case 2:
          await client.retryRun(twin);
          break;
        case 4: {
          const deleted = await client.deleteRun(twin);
          log(`deleted ${deleted.join()}`);
          break;
        }
        case 5:
          await client.collectGarbage({ dryRun: false, graceSeconds: 1 });
          break;
        case 6: {
          const { progress, state } = await client.getRun(runId);
          // Retry first: a cancel whose answer was lost may have been carried out.
          if (state === RunState.RUN_STATE_CANCELLED) await client.retryRun(runId);
          // Cancel the run itself three times, at a quarter, a half and three quarters of its steps.
          else if (cancels < 3 && (progress?.step ?? 0) >= ((cancels + 1) * stepCount) / 4) {
            await client.cancelRun(runId);
            cancels++;
            log(`${runId} was cancelled`);
          }
          break;
        }
      }
    });
    await sleep(PAUSE_MS, signal);
  }
}

async function tried(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (thrown) {
    const error = toLyceumError(thrown);
    if (!error.retryable && !EXPECTED.includes(error.code)) {
      throw new LyceumError('INTERNAL', `a user was told: ${error.code} ${error.message}`, {
        cause: thrown,
      });
    }
  }
}
