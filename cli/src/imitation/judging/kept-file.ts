/** Inputs with what was said of them, as JSON lines between the stages; people may edit them. */
import { readFile } from 'node:fs/promises';
import { utf8Text } from '@lyceum/learning/files';
import { LyceumError } from '@lyceum/proto';
import { z } from 'zod';
import type { JudgedInput } from './judge.js';

const keptLine = z
  .looseObject({
    id: z.string(),
    text: z.string().optional(),
    numbers: z.array(z.number()).optional(),
    image: z.string().optional(),
    split: z.enum(['train', 'validation', 'test']).optional(),
    label: z.string().optional(),
    /** By teacher; null: it does not know. */
    answers: z.record(z.string(), z.string().nullable()),
    shares: z.record(z.string(), z.record(z.string(), z.number().min(0).max(1))).optional(),
    explanations: z
      .record(z.string(), z.array(z.object({ class: z.string().nullable(), text: z.string() })))
      .optional(),
    consensus: z.string().optional(),
  })
  .refine(({ text, numbers, image }) => (text ?? numbers ?? image) !== undefined);

export type KeptInput = z.output<typeof keptLine>;

/** One line of the file, its end included. */
export function keptText({ value, why, cutOff, ...input }: JudgedInput): string {
  const { id, ...rest } = input;
  const found = { ...(cutOff.length > 0 && { cutOff }), ...(why.length > 0 && { why }) };
  return `${JSON.stringify({ id, ...value, ...rest, ...found })}\n`;
}

/** @throws {LyceumError} NOT_FOUND if there is none, INVALID_ARGUMENT naming the line that is wrong. */
export async function readKept(file: string): Promise<KeptInput[]> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (err) {
    const message = `${file}: nothing has been kept yet; coordinator imitation check decides what is`;
    throw new LyceumError('NOT_FOUND', message, { cause: err });
  }
  return utf8Text(bytes, file)
    .split('\n')
    .flatMap((line, index) => {
      if (line.trim() === '') return [];
      const parsed = parsedLine(line);
      if (parsed !== undefined) return [parsed];
      const message = `${file}, line ${index + 1}: want a JSON object with id, text, numbers or image, and answers`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    });
}

function parsedLine(line: string): KeptInput | undefined {
  try {
    return keptLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
