import { numberAbove } from '@lyceum/platform/flags';
import { type Command, Option } from 'commander';
import { WAIT_STATES, type WaitState, waitForState } from '../following/index.js';
import { withCoordinator } from '../session/index.js';

/** Greatest time of a timer in Node: 24 days. */
const TIMEOUT_MAX_SECONDS = Math.floor(0x7fffffff / 1000);

export function addWait(program: Command): void {
  program
    .command('wait')
    .description('wait silently until a run has come to a state, for scripts')
    .argument('<run>', "the run's id")
    .addOption(
      new Option('--for <state>', 'the state, or ENDED for any end')
        .choices(WAIT_STATES)
        .default('SUCCEEDED'),
    )
    .option(
      '--timeout <seconds>',
      'give up after so long (default: never)',
      numberAbove(0, TIMEOUT_MAX_SECONDS),
    )
    .addHelpText(
      'after',
      `
A later state on the way from QUEUED to SUCCEEDED counts too, since a run may pass a state quickly. A run that
can no longer come to the state, because it has ended in another, is an error at once. A PAUSED run is waited for.

Exit status: 1 if the run can no longer come to the state, 124 if the time ran out.

Examples:
  coordinator wait digits && coordinator pull digits --out digits
  coordinator wait digits --for TRAINING --timeout 600
  coordinator wait digits --for ENDED -o json`,
    )
    .action((runId: string, options: { for: WaitState; timeout?: number }, command: Command) =>
      withCoordinator(command, (context) =>
        waitForState(
          context,
          runId,
          options.for,
          options.timeout === undefined ? undefined : options.timeout * 1000,
        ),
      ),
    );
}
