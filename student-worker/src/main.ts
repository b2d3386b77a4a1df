#!/usr/bin/env node
/** The student worker: trains one run at a time, as the coordinator says. The only file that reads the environment. */
import { readFileSync } from 'node:fs';
import { prepareEngine } from '@lyceum/learning/tensorflow';
import { isYes, type Logger } from '@lyceum/platform';
import { clusterOptions, computeOptions, runWorker } from '@lyceum/platform/worker';
import { type Flags, studentWorkerCommand } from './command.js';
import { type ProgramOptions, startProgram } from './program.js';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

const command = studentWorkerCommand(version, (flags) =>
  runWorker({
    program: 'student-worker',
    flags,
    member: flags,
    options: (log) => programOptions(flags, log),
    start: startProgram,
  }),
);

await command.parseAsync();

/** The options. Also sets threads and GPU of this process. */
async function programOptions(flags: Flags, log: Logger): Promise<ProgramOptions> {
  const compute = await computeOptions(flags, version, process.env, log);
  const { computeThreads, determinism } = flags;
  prepareEngine(process.env, computeThreads, compute.gpu && { ...compute.gpu, determinism });
  return {
    ...compute,
    ...clusterOptions(flags, process.env),
    tensorboardDir: flags.tensorboardDir,
    eager: flags.eager || isYes('LYCEUM_EAGER', process.env),
  };
}
