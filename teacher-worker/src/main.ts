#!/usr/bin/env node
/** The teacher worker: answers tickets with teachers' outputs. The only file that reads the environment. */
import { readFileSync } from 'node:fs';
import { prepareEngine } from '@lyceum/learning/tensorflow';
import { type Logger, secretPlaces } from '@lyceum/platform';
import { clusterOptions, computeOptions, runWorker } from '@lyceum/platform/worker';
import { type Flags, teacherWorkerCommand } from './command.js';
import { usualBudgetMib } from './memory-budget.js';
import { type ServingOptions, startProgram, startServing } from './program.js';

const PROGRAM = 'teacher-worker';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

const command = teacherWorkerCommand(version, { run, serve }, process.env);

await command.parseAsync();

function run(flags: Flags): Promise<void> {
  return runWorker({
    program: PROGRAM,
    flags,
    member: flags,
    options: async (log) => ({
      ...(await servingOptions(flags, log)),
      ...clusterOptions(flags, process.env),
    }),
    start: startProgram,
  });
}

/** Runs a worker that serves models from files, without a cluster. */
function serve(models: readonly string[], flags: Flags): Promise<void> {
  return runWorker({
    program: PROGRAM,
    flags,
    options: (log) => servingOptions(flags, log),
    start: (options, surroundings) => startServing(models, options, surroundings),
  });
}

/** The options. Also sets threads and GPU of this process. */
async function servingOptions(flags: Flags, log: Logger): Promise<ServingOptions> {
  const { lookupDelayMs, lookupDelayFile, inference, inferenceHttp, gpuMemoryBudgetMib } = flags;
  const compute = await computeOptions(flags, version, process.env, log);
  const { computeThreads, determinism } = flags;
  const budgetMib = flags.memoryBudgetMib ?? usualBudgetMib(process.constrainedMemory());
  prepareEngine(process.env, computeThreads, compute.gpu && { ...compute.gpu, determinism });
  return {
    ...compute,
    memoryBudgetBytes: budgetMib * 1024 ** 2,
    gpuMemoryBudgetBytes: gpuMemoryBudgetMib && gpuMemoryBudgetMib * 1024 ** 2,
    lookupDelayMs,
    lookupDelayFile,
    secrets: secretPlaces(flags.secretsDir, process.env, 'nowhere'),
    allowedAddresses: flags.allowAddresses,
    inference,
    inferenceHttp,
  };
}
