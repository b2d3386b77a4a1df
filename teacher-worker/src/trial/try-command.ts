/**
 * `teacher-worker try`: asks one model about a few samples, without a cluster. Lines of JSON in and out, for the
 * command line, which never loads TensorFlow itself.
 */
import { createInterface } from 'node:readline';
import { type Engine, openEngine, prepareEngine } from '@lyceum/learning/tensorflow';
import type { OutputsStart, TrialReply, TrialRequest, TrialStart } from '@lyceum/learning/trials';
import { openWindows } from '@lyceum/learning/windows';
import { createLogger } from '@lyceum/platform';
import { type PictureSettings, pictureSettings, type WorkerFlags } from '@lyceum/platform/worker';
import { toLyceumError } from '@lyceum/proto';
import { Command } from 'commander';
import { modelOutputs } from './model-outputs.js';
import { type SetFile, Trial } from './trial.js';

/** @param environment - of the process, whose threads are set from it. */
export function tryCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('try')
    .description('asks a model about some samples; for `coordinator models` and `pull`')
    .action((_: object, command: Command) =>
      tryModel(command.optsWithGlobals<WorkerFlags>(), environment),
    );
}

/** Runs until its input ends. */
async function tryModel(flags: WorkerFlags, environment: NodeJS.ProcessEnv): Promise<void> {
  let trial: Trial | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      if (trial === undefined) {
        const start = JSON.parse(line) as TrialStart | OutputsStart;
        const engine = await openPreparedEngine(start, environment);
        if ('inputsFile' in start) {
          say(await modelOutputs(engine, start));
          break;
        }
        trial = await openTrial(engine, start, flags, environment);
        say(trial.opened());
      } else {
        say(await trial.try((JSON.parse(line) as TrialRequest).settings));
      }
    } catch (thrown) {
      const { code, message } = toLyceumError(thrown);
      say({ reply: 'failed', code, message });
      if (trial === undefined) break;
    }
  }
  process.exit(0);
}

async function openPreparedEngine(
  { computeThreads }: Pick<TrialStart, 'computeThreads'>,
  environment: NodeJS.ProcessEnv,
): Promise<Engine> {
  prepareEngine(environment, computeThreads);
  return openEngine({ warn: () => undefined });
}

async function openTrial(
  engine: Engine,
  start: TrialStart,
  flags: WorkerFlags,
  environment: NodeJS.ProcessEnv,
): Promise<Trial> {
  const pictures = pictureSettings(flags, environment);
  return Trial.open(engine, start, (set, samples) =>
    picturesOf(set, samples, pictures, flags.logLevel),
  );
}

/** Reads the pictures of a set in shards. */
async function picturesOf(
  set: SetFile,
  samples: Uint32Array,
  settings: PictureSettings,
  level: string,
): Promise<Uint8Array> {
  const log = createLogger({ name: 'teacher-worker', level });
  const windows = openWindows({ ...settings, cacheFolder: undefined, log });
  try {
    await windows.open(set);
    const { inputs } = await windows.window(set.digest, samples);
    return inputs.slice();
  } finally {
    await windows.close();
  }
}

function say(reply: TrialReply): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
