/**
 * The commands, one file each: options, the call, the output. A file is loaded when one of its commands, or all of
 * them, are needed.
 */
import type { Command } from 'commander';

/** @param env - the process' environment, with secrets and with AWS's variables. */
export type AddCommands = (program: Command, env: NodeJS.ProcessEnv) => void;

const retention = async () => (await import('./retention.js')).addRetention;
const completion = async () => (await import('./completion.js')).addCompletion;

/** Functions that add a command, by the command's name; in the order of the help. */
export const COMMANDS: ReadonlyMap<string, () => Promise<AddCommands>> = new Map([
  ['serve', async () => (await import('./serve.js')).addServe],
  ['up', async () => (await import('./up.js')).addUp],
  ['certificates', async () => (await import('./certificates.js')).addCertificates],
  ['init', async () => (await import('./init.js')).addInit],
  ['submit', async () => (await import('./submit.js')).addSubmit],
  ['validate', async () => (await import('./validate.js')).addValidate],
  ['schema', async () => (await import('./schema.js')).addSchema],
  ['list', async () => (await import('./list.js')).addList],
  ['get', async () => (await import('./get.js')).addGet],
  ['watch', async () => (await import('./watch.js')).addWatch],
  ['events', async () => (await import('./events.js')).addEvents],
  ['cancel', async () => (await import('./cancel.js')).addCancel],
  ['resume', async () => (await import('./resume.js')).addResume],
  ['retry', async () => (await import('./retry.js')).addRetry],
  ['wait', async () => (await import('./wait.js')).addWait],
  ['replay', async () => (await import('./replay.js')).addReplay],
  ['delete', retention],
  ['gc', retention],
  ['report', async () => (await import('./report.js')).addReport],
  ['findings', async () => (await import('./findings.js')).addFindings],
  ['history', async () => (await import('./history.js')).addHistory],
  ['costs', async () => (await import('./costs.js')).addCosts],
  ['logs', async () => (await import('./logs.js')).addLogs],
  ['compare', async () => (await import('./compare.js')).addCompare],
  ['sweep', async () => (await import('./sweep.js')).addSweepCommands],
  ['ensemble', async () => (await import('./ensemble.js')).addEnsemble],
  ['targets', async () => (await import('./targets.js')).addTargets],
  ['pull', async () => (await import('./pull.js')).addPull],
  ['predict', async () => (await import('./predict.js')).addPredict],
  ['dashboard', async () => (await import('./dashboard.js')).addDashboard],
  ['workers', async () => (await import('./workers.js')).addWorkers],
  ['models', async () => (await import('./models.js')).addModels],
  ['answers', async () => (await import('./answers.js')).addAnswers],
  ['version', async () => (await import('./version.js')).addVersion],
  ['completion', completion],
  ['completion-names', completion],
  ['datasets', async () => (await import('./datasets.js')).addDatasets],
  ['imitation', async () => (await import('./imitation.js')).addImitation],
  ['doctor', async () => (await import('./doctor.js')).addDoctor],
]);
