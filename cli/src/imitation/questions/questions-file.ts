/**
 * What teachers wrote, as JSON lines that people may read and edit: each text with who wrote it, after which inputs, and why
 * it is dropped. Texts that are not dropped are inputs to train on.
 */
import { z } from 'zod';
import { spentBy, usage } from '../asking/index.js';
import { LinesFile, parseLines, readLines } from '../lines/index.js';

const questionLine = z.object({
  text: z.string(),
  teacher: z.string(),
  /** Number of the call among its teacher's, from 0. */
  call: z.int().min(0),
  /** The class that it was asked to be of, which is no label; absent: of none. */
  wanted: z.string().optional(),
  /** Ids of the inputs that were shown. */
  seeds: z.array(z.string()),
  /** Digest of what was sent, but for seeds, class and count. */
  prompt: z.string(),
  /** Why it is no input. */
  dropped: z.string().optional(),
  usage: usage.optional(),
  cost: z.number().min(0).optional(),
  at: z.string(),
});

export type QuestionLine = z.output<typeof questionLine>;

/** @throws {LyceumError} INVALID_ARGUMENT naming the line that is wrong. */
function parseQuestions(bytes: Buffer, source: string): QuestionLine[] {
  const want =
    'is no written text; want a JSON object with text, teacher, call, seeds, prompt and at';
  return parseLines(bytes, source, questionLine, want);
}

/** @returns none, if nobody has written any. */
export async function readQuestions(file: string): Promise<QuestionLine[]> {
  const bytes = readLines(file);
  return bytes === undefined ? [] : parseQuestions(bytes, file);
}

/** The file, open for more texts by this process alone. */
export class QuestionsFile {
  readonly #file: LinesFile;
  readonly #lines: QuestionLine[];
  /** What the lines cost that were there when it was opened, by teacher. */
  readonly spent: ReadonlyMap<string, number>;

  private constructor(file: LinesFile, lines: QuestionLine[]) {
    this.#file = file;
    this.#lines = lines;
    this.spent = spentBy(lines);
  }

  /** @throws {LyceumError} FAILED_PRECONDITION while another process writes into it; as {@link readQuestions}. */
  static async open(path: string): Promise<QuestionsFile> {
    const { file, there } = await LinesFile.open(path, parseQuestions);
    return new QuestionsFile(file, there);
  }

  /** Those that are on the disk. */
  get lines(): readonly QuestionLine[] {
    return this.#lines;
  }

  /** Resolves once the lines are on the disk. */
  async append(lines: readonly QuestionLine[]): Promise<void> {
    await this.#file.append(lines);
    this.#lines.push(...lines);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
