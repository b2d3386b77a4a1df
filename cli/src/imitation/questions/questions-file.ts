/**
 * Texts that teachers wrote, as JSON lines that people may read and edit: each with its teacher, the example inputs,
 * and why it is dropped. Texts that are not dropped are inputs to train on.
 */
import { z } from 'zod';
import { spentBy, usage } from '../asking/index.js';
import { LinesFile, parseLines, readLines } from '../lines/index.js';

const questionLine = z.object({
  text: z.string(),
  teacher: z.string(),
  /** Number of the call among the teacher's calls, from 0. */
  call: z.int().min(0),
  /** The class that was asked for, which is no label; absent: no class was asked for. */
  wanted: z.string().optional(),
  /** Ids of the inputs that were shown as examples. */
  seeds: z.array(z.string()),
  /** Digest of the URL, the prompt template and the settings: without examples, class and count. */
  prompt: z.string(),
  /** Why the text is no input. */
  dropped: z.string().optional(),
  usage: usage.optional(),
  cost: z.number().min(0).optional(),
  at: z.string(),
});

export type QuestionLine = z.output<typeof questionLine>;

/** @throws {LyceumError} INVALID_ARGUMENT naming the line that is wrong. */
function parseQuestions(bytes: Buffer, source: string): QuestionLine[] {
  const want =
    'is not a written text; want a JSON object with text, teacher, call, seeds, prompt and at';
  return parseLines(bytes, source, questionLine, want);
}

/** @returns all lines; an empty list if there is no file. */
export async function readQuestions(file: string): Promise<QuestionLine[]> {
  const bytes = readLines(file);
  return bytes === undefined ? [] : parseQuestions(bytes, file);
}

/** The file, open for more texts by this process alone. */
export class QuestionsFile {
  readonly #file: LinesFile;
  readonly #lines: QuestionLine[];
  /** Cost of the lines that the file had when it was opened, by teacher. */
  readonly spent: ReadonlyMap<string, number>;

  private constructor(file: LinesFile, lines: QuestionLine[]) {
    this.#file = file;
    this.#lines = lines;
    this.spent = spentBy(lines);
  }

  /** @throws {LyceumError} FAILED_PRECONDITION while another process writes the file; as {@link readQuestions}. */
  static async open(path: string): Promise<QuestionsFile> {
    const { file, there } = await LinesFile.open(path, parseQuestions);
    return new QuestionsFile(file, there);
  }

  /** The lines that are on the disk. */
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
