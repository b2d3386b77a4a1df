/**
 * `teacher-worker try`: asks one model about a few samples, without a cluster. Lines of JSON in and out, for the
 * command line, which never loads TensorFlow itself.
 */
import { createInterface } from 'node:readline';
import { openEngine, setComputeThreads } from '@lyceum/learning/tensorflow';
import { toLyceumError } from '@lyceum/proto';
import { Command } from 'commander';
import { Trial } from './trial.js';
import type { TrialReply, TrialRequest, TrialStart } from './trial-messages.js';

export function tryCommand(): Command {
  return new Command('try')
    .description('asks a model about some samples; for `coordinator models check` and `push`')
    .action(tryModel);
}

/** Ends with its input. */
async function tryModel(): Promise<void> {
  let trial: Trial | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      if (trial === undefined) {
        trial = await openTrial(JSON.parse(line) as TrialStart);
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

async function openTrial(start: TrialStart): Promise<Trial> {
  setComputeThreads(start.computeThreads, process.env);
  return new Trial(await openEngine({ warn: () => undefined }), start);
}

function say(reply: TrialReply): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
