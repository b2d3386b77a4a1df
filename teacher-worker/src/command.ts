/** The command line of the teacher worker, without what it does. */
import { flag, numberFrom, wholeNumber } from '@lyceum/platform/flags';
import { type WorkerFlags, workerCommand } from '@lyceum/platform/worker';
import { type Command, Option } from 'commander';
import { tryCommand } from './trial/index.js';

/** No inference takes longer than an hour. */
const LOOKUP_DELAY_MAX_MS = 3_600_000;

export interface Flags extends WorkerFlags {
  readonly secretsDir: string | undefined;
  readonly memoryBudgetMib?: number;
  readonly gpuMemoryBudgetMib: number | undefined;
  readonly inference: string | undefined;
  readonly inferenceHttp: string | undefined;
  readonly lookupDelayMs: number | undefined;
  readonly lookupDelayFile: string | undefined;
}

interface Actions {
  readonly run: (flags: Flags) => Promise<void>;
  readonly serve: (models: readonly string[], flags: Flags) => Promise<void>;
}

/** @param environment - of the process. */
export function teacherWorkerCommand(
  version: string,
  actions: Actions,
  environment: NodeJS.ProcessEnv,
): Command {
  const command = workerCommand('teacher-worker', version)
    .description("Answers tickets with teachers' outputs.")
    .addOption(
      flag(
        '--secrets-dir <folder>',
        'has a file for each secret that remote teachers may name, and NAME.hosts with the hosts that it goes to; else variables LYCEUM_SECRET_NAME and LYCEUM_HOSTS_OF_NAME',
        'LYCEUM_SECRETS_DIR',
      ),
    )
    .addOption(
      flag(
        '--inference <address>',
        'HOST:PORT that serves loaded teachers by the Open Inference Protocol v2; default: none does',
        'LYCEUM_INFERENCE',
      ),
    )
    .addOption(
      flag(
        '--inference-http <address>',
        'HOST:PORT that serves the same over HTTP; default: none does',
        'LYCEUM_INFERENCE_HTTP',
      ),
    )
    .addOption(
      flag(
        '--memory-budget-mib <n>',
        "for all teachers' weights; default: 2048, or what its container's limit leaves beside 512 if that is less",
        'LYCEUM_MEMORY_BUDGET_MIB',
      ).argParser(wholeNumber(1)),
    )
    .addOption(
      flag(
        '--gpu-memory-budget-mib <n>',
        'for all teachers on the GPU; default: what is free of its memory at the start',
        'LYCEUM_GPU_MEMORY_BUDGET_MIB',
      ).argParser(wholeNumber(1)),
    )
    .addOption(
      new Option(
        '--lookup-delay-ms <ms>',
        'for measurements: look answers up, and wait this long for each inference',
      ).argParser(numberFrom(0, LOOKUP_DELAY_MAX_MS)),
    )
    .addOption(
      new Option(
        '--lookup-delay-file <file>',
        'for measurements: JSON object of other delays in ms by teacher identity, read for each ticket',
      ),
    )
    .addCommand(tryCommand(environment))
    .action(actions.run);

  command
    .command('serve')
    .description(
      'serves models from files by the Open Inference Protocol v2, without a coordinator; takes --inference, --inference-http, --tls-dir, --compute-threads, --device, --allow-cpu, --determinism, --memory-budget-mib, --insecure and --log-level before it',
    )
    .argument('<models...>', 'NAME=PATH: a folder with a model.json, an .onnx file, or a package')
    .action((models: readonly string[], _: object, serve: Command) =>
      actions.serve(models, serve.optsWithGlobals<Flags>()),
    );
  return command;
}
