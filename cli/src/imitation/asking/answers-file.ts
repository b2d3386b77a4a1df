/**
 * What black boxes answered, as JSON lines that people may read and edit: who said what of which input, when, and how it was
 * said. An answer counts once its line is on the disk; of several with one number the last counts.
 */
import { type FileHandle, open, readFile, rm, stat, truncate } from 'node:fs/promises';
import { utf8Text } from '@lyceum/learning/files';
import type { InputValue } from '@lyceum/learning/imitation';
import { LyceumError } from '@lyceum/proto';
import { z } from 'zod';

const tokens = z.number().min(0);
const usage = z.object({
  inputTokens: tokens,
  outputTokens: tokens,
  /** Of the input's, those that the server had in its cache. */
  cachedTokens: tokens.optional(),
  /** The server tells none. */
  estimated: z.literal(true).optional(),
});

/** Tokens of a chat. */
export type Usage = z.output<typeof usage>;

const answerLine = z.object({
  teacher: z.string(),
  /** Of the input. */
  id: z.string(),
  /** Of those that a teacher gives to an input, from 0. */
  answer: z.int().min(0).default(0),
  /** null: the teacher does not know, or its answer cannot be read. */
  class: z.string().nullable(),
  /** What stood at the place of the answer. */
  raw: z.unknown().optional(),
  /** Why it cannot be read. */
  problem: z.string().optional(),
  /** The status with which the server refuses this input: the answer is that there is none. */
  refused: z.int().optional(),
  confidence: z.number().optional(),
  /** Why it answers so, in its words. */
  explanation: z.string().optional(),
  /** Why a chat's server ended the answer: `stop`, `length`. */
  finish: z.string().optional(),
  /** Of all tries with 200 that it took. */
  usage: usage.optional(),
  /** By the document's price at that time; absent: it had none. */
  cost: z.number().min(0).optional(),
  revision: z.string(),
  /** Of what was sent, and where: another question is another answer. */
  asked: z.string(),
  at: z.string(),
});

export type ImitationAnswer = z.output<typeof answerLine>;

/** An answer, with the input beside it for people. */
export type AnswerLine = ImitationAnswer & InputValue;

/** It came, and nobody can read it: the teacher may have meant something. */
export function isUnreadable({ problem, refused }: ImitationAnswer): boolean {
  return problem !== undefined && refused === undefined;
}

/** Its server cut it off where it reached `maxTokens`. */
export function isCutOff({ finish }: ImitationAnswer): boolean {
  return finish === 'length';
}

/** Tells one answer from another. */
export function answerKey({
  teacher,
  id,
  asked,
  answer,
}: Pick<ImitationAnswer, 'teacher' | 'id' | 'asked' | 'answer'>) {
  return `${teacher} ${asked} ${id} ${answer}`;
}

/**
 * @param bytes - of the file; what follows the last line end is a line that was never finished.
 * @throws {LyceumError} INVALID_ARGUMENT naming the line that is no answer, or is not UTF-8.
 */
export function parseAnswers(bytes: Buffer, source: string): Map<string, ImitationAnswer> {
  const answers = new Map<string, ImitationAnswer>();
  const text = utf8Text(bytes.subarray(0, endOfLines(bytes)), source);
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const answer = parsed(line);
    if (answer === undefined) {
      const message = `${source}, line ${index + 1}: is no answer; want a JSON object with teacher, id, class, revision, asked and at. Mend or delete the line`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    answers.set(answerKey(answer), answer);
  }
  return answers;
}

/** Behind the last line end. */
function endOfLines(bytes: Buffer): number {
  return bytes.lastIndexOf('\n') + 1;
}

function parsed(line: string): ImitationAnswer | undefined {
  try {
    return answerLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** @throws {LyceumError} NOT_FOUND if there is no file. */
export async function readAnswers(file: string): Promise<Map<string, ImitationAnswer>> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (err) {
    const message = `${file}: has no answers yet; coordinator imitation collect asks for them`;
    throw new LyceumError('NOT_FOUND', message, { cause: err });
  }
  return parseAnswers(bytes, file);
}

/** The file, open for more answers by this process alone. */
export class AnswersFile {
  readonly #answers: Map<string, ImitationAnswer>;
  readonly #file: FileHandle;
  readonly #lock: string;
  #written: Promise<void> = Promise.resolve();

  private constructor(answers: Map<string, ImitationAnswer>, file: FileHandle, lock: string) {
    this.#answers = answers;
    this.#file = file;
    this.#lock = lock;
  }

  /**
   * A line that a kill cut short is cut off: its answer never counted.
   *
   * @throws {LyceumError} FAILED_PRECONDITION while another process collects into it; as {@link parseAnswers}.
   */
  static async open(path: string): Promise<AnswersFile> {
    const lock = `${path}.lock`;
    await takeLock(lock, path);
    try {
      const there = (await stat(path).catch(() => undefined)) !== undefined;
      const bytes = there ? await readFile(path) : Buffer.alloc(0);
      const answers = parseAnswers(bytes, path);
      const end = endOfLines(bytes);
      if (end < bytes.length) await truncate(path, end);
      return new AnswersFile(answers, await open(path, 'a'), lock);
    } catch (err) {
      await rm(lock, { force: true });
      throw err;
    }
  }

  /** Those that are on the disk. */
  get answers(): ReadonlyMap<string, ImitationAnswer> {
    return this.#answers;
  }

  /** Resolves once the lines are on the disk. */
  append(lines: readonly AnswerLine[]): Promise<void> {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const written = this.#written.then(async () => {
      await this.#file.appendFile(text);
      await this.#file.datasync();
      for (const line of lines) this.#answers.set(answerKey(line), line);
    });
    // Who appends next waits for this one, but does not fail with it.
    this.#written = written.catch(() => undefined);
    return written;
  }

  async close(): Promise<void> {
    await this.#written;
    await this.#file.close();
    await rm(this.#lock, { force: true });
  }
}

/** Two processes would pay twice. The lock of a process that is gone counts for nothing. */
async function takeLock(lock: string, path: string): Promise<void> {
  for (let tries = 0; tries < 2; tries++) {
    try {
      const file = await open(lock, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return;
    } catch (err) {
      if (!(err instanceof Error && 'code' in err && err.code === 'EEXIST')) throw err;
    }
    const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
    if (holder > 0 && isAlive(holder)) {
      const message = `process ${holder} is collecting into ${path}; wait for it, or end it`;
      throw new LyceumError('FAILED_PRECONDITION', message);
    }
    await rm(lock, { force: true });
  }
  throw new LyceumError('FAILED_PRECONDITION', `${lock} cannot be taken; another process is at it`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (err) {
    return err instanceof Error && 'code' in err && err.code === 'EPERM';
  }
}
