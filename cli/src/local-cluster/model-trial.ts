/** Tries a model on this machine in a program of its own, `teacher-worker try`: this program never loads TensorFlow. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ModelSettings } from '@lyceum/learning/models';
import {
  type OutputsStart,
  type TrialFailed,
  type TrialOpened,
  type TrialReply,
  type TrialStart,
  type Tried,
  trialReplySchema,
} from '@lyceum/learning/trials';
import { LyceumError } from '@lyceum/proto';
import { endText, programFile } from './programs/index.js';

type Answer = Exclude<TrialReply, TrialFailed>;
/** Whether this installation has the program that tries models: the coordinator's image does not. */
export function canTryModels(): boolean {
  return existsSync(programFile('teacher-worker'));
}

export class ModelTrial {
  readonly samples: TrialOpened;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor(
    process: ChildProcessWithoutNullStreams,
    lines: AsyncIterator<string>,
    samples: TrialOpened,
  ) {
    this.#process = process;
    this.#lines = lines;
    this.samples = samples;
  }

  /**
   * @param signal - ends the program, even while it computes.
   * @throws {LyceumError} if the model or the set cannot be used, or the program does not start.
   */
  static async open(start: TrialStart, signal: AbortSignal): Promise<ModelTrial> {
    const [child, lines] = started(signal);
    try {
      const answer = await ask(child, lines, start);
      if (answer.reply === 'opened') return new ModelTrial(child, lines, answer);
      throw new Error(`the trial began with ${answer.reply}`);
    } catch (err) {
      child.kill();
      throw err;
    }
  }

  /** @throws {LyceumError} saying why the model cannot be asked with these settings. */
  async try(settings: ModelSettings): Promise<Tried> {
    const answer = await ask(this.#process, this.#lines, { settings });
    if (answer.reply === 'tried') return answer;
    throw new Error(`the trial answered with ${answer.reply}`);
  }

  close(): void {
    this.#process.stdin.end();
    this.#process.kill();
  }
}

/**
 * Outputs of a student's model, computed in a program of its own too.
 *
 * @param signal - ends the program.
 * @returns [rowCount, C] logits, or logarithms of probabilities.
 * @throws {LyceumError} if the model cannot be used, or the program does not start.
 */
export async function modelOutputs(
  start: OutputsStart,
  signal: AbortSignal,
): Promise<Float32Array> {
  const [child, lines] = started(signal);
  try {
    const answer = await ask(child, lines, start);
    if (answer.reply !== 'outputs') throw new Error(`the model was answered with ${answer.reply}`);
    return new Float32Array(Uint8Array.from(Buffer.from(answer.logits, 'base64')).buffer);
  } finally {
    child.kill();
  }
}

/** @returns the started program, and its lines on stdout. @throws {LyceumError} FAILED_PRECONDITION: no program. */
function started(signal: AbortSignal): [ChildProcessWithoutNullStreams, AsyncIterator<string>] {
  if (!canTryModels()) {
    const message = 'this installation has no teacher-worker, which tries models';
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  const program = [programFile('teacher-worker'), 'try'];
  const child = spawn(process.execPath, program, { stdio: 'pipe', signal, killSignal: 'SIGKILL' });
  // No handling needed: after an error the program's output ends, which `ask` notices.
  child.on('error', () => undefined);
  // Errors are in the answers. Libraries only repeat them on stderr, so stderr is dropped.
  child.stderr.resume();
  // No handling needed here either: when the program ends, its output ends.
  child.stdin.on('error', () => undefined);
  return [child, createInterface({ input: child.stdout })[Symbol.asyncIterator]()];
}

async function ask(
  child: ChildProcessWithoutNullStreams,
  lines: AsyncIterator<string>,
  request: object,
): Promise<Answer> {
  child.stdin.write(`${JSON.stringify(request)}\n`);
  const line = await lines.next();
  if (line.done === true) {
    // A model may crash the library that runs it, or take more memory than there is.
    const message = `the program that tries models ended without an answer (${await endOf(child)})`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const answer = trialReplySchema.parse(JSON.parse(line.value));
  if (answer.reply === 'failed') throw new LyceumError(answer.code, answer.message);
  return answer;
}

async function endOf(child: ChildProcessWithoutNullStreams): Promise<string> {
  if (child.exitCode === null && child.signalCode === null) {
    await new Promise((resolve) => child.once('close', resolve));
  }
  return endText(child.exitCode, child.signalCode);
}
