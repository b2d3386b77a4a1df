/** The `coordinator` command: its global options and its commands. */
import { homedir } from 'node:os';
import path from 'node:path';
import { Command, Option } from 'commander';
import {
  addAnswers,
  addCertificates,
  addCompare,
  addCompletion,
  addCosts,
  addDashboard,
  addDatasets,
  addDoctor,
  addEnsemble,
  addFindings,
  addHistory,
  addImitation,
  addInit,
  addLogs,
  addModels,
  addPredict,
  addPull,
  addReplay,
  addReport,
  addRetention,
  addRuns,
  addSchema,
  addServe,
  addSubmit,
  addSweepCommands,
  addTargets,
  addUp,
  addValidate,
  addVersion,
  addWait,
  addWorkers,
} from './commands/index.js';
import { VERSION } from './version.js';

/** @param env - the process' environment, read for the place of the cache and for secrets. */
export function createProgram(env: NodeJS.ProcessEnv): Command {
  const program = new Command('coordinator')
    .description('Distils an ensemble of remote teacher models into one small student model.')
    .version(VERSION)
    .addOption(
      new Option('--coordinator <address>', 'where the coordinator answers')
        .env('LYCEUM_COORDINATOR')
        .default('127.0.0.1:7700'),
    )
    .addOption(
      new Option(
        '--tls-dir <dir>',
        'tls.crt and tls.key of whoever calls or serves, ca.crt of whom it believes: mutual TLS with everybody',
      ).env('LYCEUM_TLS_DIR'),
    )
    .addOption(
      new Option('-o, --output <format>', 'how data is printed')
        .choices(['table', 'json', 'yaml'])
        .default('table'),
    )
    .addOption(
      new Option('--log-level <level>', 'of logs on stderr')
        .env('LYCEUM_LOG_LEVEL')
        .choices(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
        .default('info'),
    )
    .addOption(
      new Option('--cache <dir>', 'where set-up keeps data sets')
        .env('LYCEUM_CACHE')
        .default(cacheFolder(env), "lyceum in the user's cache folder"),
    )
    .showHelpAfterError('(see coordinator --help)')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `
Exit codes: 0 ok, 1 the run failed, 2 usage or specification, 3 not found, 4 unreachable, 5 not allowed,
6 conflict, 124 the time ran out, 130 interrupted.

A first run:
  coordinator up                                      a cluster on this machine, in a terminal of its own
  coordinator datasets push digits digits
  coordinator submit examples/digits/teacher-wide.yaml --watch
  coordinator report digits-wide`,
    );
  for (const add of [
    addServe,
    addUp,
    addCertificates,
    addInit,
    addSubmit,
    addValidate,
    addSchema,
    addRuns,
    addWait,
    addReplay,
    addRetention,
    addReport,
    addFindings,
    addHistory,
    addCosts,
    addLogs,
    addCompare,
    addSweepCommands,
    addEnsemble,
    addTargets,
    addPull,
    addPredict,
    addDashboard,
    addWorkers,
    addModels,
    addAnswers,
    addVersion,
    addCompletion,
  ]) {
    add(program);
  }
  addDatasets(program, env);
  addImitation(program, env);
  addDoctor(program, env);
  return program;
}

function cacheFolder(env: NodeJS.ProcessEnv): string {
  return path.join(env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'lyceum');
}
