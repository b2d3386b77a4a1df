/**
 * The answers of black boxes, as JSON lines that people may read and edit: the teacher, the input, the answer, its
 * form and its time. An answer counts once its line is on the disk; of several lines for one answer the last counts.
 */
import type { InputValue } from '@lyceum/learning/imitation';
import { LyceumError } from '@lyceum/proto';
import { z } from 'zod';
import { LinesFile, parseLines, readLines } from '../lines/index.js';

const tokens = z.number().min(0);
export const usage = z.object({
  inputTokens: tokens,
  outputTokens: tokens,
  /** Tokens of the input that the server had in its cache. */
  cachedTokens: tokens.optional(),
  /** The server reports no token counts; these are an estimate. */
  estimated: z.literal(true).optional(),
});

/** Tokens of a chat. */
export type Usage = z.output<typeof usage>;

const answerLine = z.object({
  teacher: z.string(),
  /** The input's id. */
  id: z.string(),
  /** Number of the answer among those that a teacher gives to an input, from 0. */
  answer: z.int().min(0).default(0),
  /** null: the teacher does not know, or its answer cannot be read. */
  class: z.string().nullable(),
  /** The value that the response had at the answer's place. */
  raw: z.unknown().optional(),
  /** Why the answer cannot be read. */
  problem: z.string().optional(),
  /** The collection ended before all attempts were made: the line has their cost, and the question is asked again. */
  open: z.literal(true).optional(),
  /** HTTP status with which the server refuses this input: the input gets no answer. */
  refused: z.int().optional(),
  confidence: z.number().optional(),
  /** The teacher's reason for its answer, in its own words. */
  explanation: z.string().optional(),
  /** Why a chat's server ended the answer: `stop`, `length`. */
  finish: z.string().optional(),
  /** Name of the model that answered, as a chat's server reports it. */
  model: z.string().optional(),
  /** Tokens of all tries with status 200, summed. */
  usage: usage.optional(),
  /** By the document's price at that time; absent: the document had no price. */
  cost: z.number().min(0).optional(),
  revision: z.string(),
  /** Digest of the prompt, its settings and the URL: after a change of these, the input is asked about again. */
  asked: z.string(),
  at: z.string(),
});

const NO_ANSWER =
  'is not an answer; want a JSON object with teacher, id, class, revision, asked and at';

export type ImitationAnswer = z.output<typeof answerLine>;

/** An answer, with the input beside it for people. */
export type AnswerLine = ImitationAnswer & InputValue;

/** Whether the answer came and cannot be read: the teacher may have meant something. */
export function isUnreadable({ problem, refused }: ImitationAnswer): boolean {
  return problem !== undefined && refused === undefined;
}

/** Whether the server refused the question, because of this input or not. */
export function isRefused({ refused }: ImitationAnswer): boolean {
  return refused !== undefined;
}

/** Whether the server cut the answer off at `maxTokens`. */
export function isCutOff({ finish }: ImitationAnswer): boolean {
  return finish === 'length';
}

/** The key of an answer: lines with equal keys replace one another. */
export function answerKey({
  teacher,
  id,
  asked,
  answer,
}: Pick<ImitationAnswer, 'teacher' | 'id' | 'asked' | 'answer'>) {
  return `${teacher} ${asked} ${id} ${answer}`;
}

/** @throws {LyceumError} INVALID_ARGUMENT naming the line that is no answer, or is not UTF-8. */
export function parseAnswers(bytes: Buffer, source: string): ImitationAnswer[] {
  return parseLines(bytes, source, answerLine, NO_ANSWER);
}

/** Answers by {@link answerKey}; of several with one key the last. */
export function latestAnswers(lines: readonly ImitationAnswer[]): Map<string, ImitationAnswer> {
  return new Map(lines.map((answer) => [answerKey(answer), answer]));
}

/** The cost of all lines, by teacher. Replaced lines count too: they were paid for. */
export function spentBy(
  lines: readonly Pick<ImitationAnswer, 'teacher' | 'cost'>[],
): Map<string, number> {
  const spent = new Map<string, number>();
  for (const { teacher, cost = 0 } of lines) spent.set(teacher, (spent.get(teacher) ?? 0) + cost);
  return spent;
}

/** @throws {LyceumError} NOT_FOUND if there is no file. */
export async function readAnswers(file: string): Promise<Map<string, ImitationAnswer>> {
  return latestAnswers(await readAnswerLines(file));
}

/** All lines, replaced ones too. @throws as {@link readAnswers}. */
export async function readAnswerLines(file: string): Promise<ImitationAnswer[]> {
  const bytes = readLines(file);
  if (bytes === undefined) {
    const message = `${file}: has no answers yet; coordinator imitation collect asks for them`;
    throw new LyceumError('NOT_FOUND', message);
  }
  return parseAnswers(bytes, file);
}

/** The file, open for more answers by this process alone. */
export class AnswersFile {
  readonly #answers: Map<string, ImitationAnswer>;
  readonly #file: LinesFile;

  /** Cost of the lines that the file had when it was opened, by teacher. */
  readonly spent: ReadonlyMap<string, number>;

  private constructor(lines: readonly ImitationAnswer[], file: LinesFile) {
    this.#answers = latestAnswers(lines);
    this.spent = spentBy(lines);
    this.#file = file;
  }

  /** @throws {LyceumError} FAILED_PRECONDITION while another process writes the file; as {@link parseAnswers}. */
  static async open(path: string): Promise<AnswersFile> {
    const { file, there } = await LinesFile.open(path, parseAnswers);
    return new AnswersFile(there, file);
  }

  /** The answers that are on the disk. */
  get answers(): ReadonlyMap<string, ImitationAnswer> {
    return this.#answers;
  }

  /** Resolves once the lines are on the disk. */
  async append(lines: readonly AnswerLine[]): Promise<void> {
    await this.#file.append(lines);
    for (const line of lines) this.#answers.set(answerKey(line), line);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
