/** Judged inputs with their answers, as JSON lines between the stages; people may edit them. */
import { LyceumError } from '@lyceum/proto';
import { z } from 'zod';
import { parseLines, readLines } from '../lines/index.js';
import { byTeacher } from './by-teacher.js';
import type { JudgedInput } from './judge.js';

const ofEach = <T extends z.ZodType>(own: T) =>
  z.record(z.string(), own).transform((mapping) => byTeacher<z.output<T>>(mapping));

const keptLine = z
  .looseObject({
    id: z.string(),
    text: z.string().optional(),
    numbers: z.array(z.number()).optional(),
    image: z.string().optional(),
    split: z.enum(['train', 'validation', 'test']).optional(),
    label: z.string().optional(),
    /** By teacher; null: the teacher does not know. */
    answers: ofEach(z.string().nullable()),
    shares: ofEach(z.record(z.string(), z.number().min(0).max(1))).optional(),
    explanations: ofEach(
      z.array(z.object({ class: z.string().nullable(), text: z.string() })),
    ).optional(),
    consensus: z.string().optional(),
  })
  .refine(({ text, numbers, image }) => (text ?? numbers ?? image) !== undefined);

const KEPT_LINE = 'want a JSON object with id, text, numbers or image, and answers';

export type KeptInput = z.output<typeof keptLine>;

/** One line of the file, with its line end. */
export function keptText({ value, why, cutOff, ...input }: JudgedInput): string {
  const { id, ...rest } = input;
  const found = { ...(cutOff.length > 0 && { cutOff }), ...(why.length > 0 && { why }) };
  return `${JSON.stringify({ id, ...value, ...rest, ...found })}\n`;
}

/** @throws {LyceumError} NOT_FOUND if there is no file, INVALID_ARGUMENT naming the line that is wrong. */
export async function readKept(file: string): Promise<KeptInput[]> {
  const bytes = readLines(file);
  if (bytes === undefined) {
    const message = `${file}: there is no such file yet; make it with coordinator imitation check`;
    throw new LyceumError('NOT_FOUND', message);
  }
  // The check writes the file in one piece, so its last line is whole even without a line end.
  const whole = Buffer.concat([bytes, Buffer.from('\n')]);
  return parseLines(whole, file, keptLine, KEPT_LINE);
}
