/** The command line of the student worker, without what it does. */
import { flag } from '@lyceum/platform/flags';
import { type WorkerFlags, workerCommand } from '@lyceum/platform/worker';
import type { Command } from 'commander';

export interface Flags extends WorkerFlags {
  readonly tensorboardDir: string | undefined;
  readonly eager: boolean;
}

export function studentWorkerCommand(
  version: string,
  run: (flags: Flags) => Promise<void>,
): Command {
  return workerCommand('student-worker', version)
    .description('Trains the students of runs, one at a time, as the coordinator says.')
    .addOption(
      flag(
        '--tensorboard-dir <folder>',
        'where event files for TensorBoard are written while runs train, a folder a run; default: none are',
        'LYCEUM_TENSORBOARD_DIR',
      ),
    )
    .option(
      '--eager',
      'run steps operation by operation, not as one graph: slower, equal bits (env: LYCEUM_EAGER=true)',
      false,
    )
    .action(run);
}
