/** Adds the texts that teachers wrote to the inputs to train on. Pure. */
import type { ImitationInputs } from '@lyceum/learning/specification';
import { LyceumError } from '@lyceum/proto';
import { type ImitationInput, inputId, type ReadInputs } from '../inputs/index.js';
import type { QuestionLine } from './questions-file.js';

/**
 * The inputs, followed by the texts that teachers wrote.
 *
 * @param source - file of the lines.
 * @throws {LyceumError} INVALID_ARGUMENT if an input has no split, or is no text.
 */
export function withQuestions(
  read: ReadInputs,
  described: ImitationInputs,
  lines: readonly QuestionLine[],
  source: string,
): ReadInputs {
  const kept = lines.filter(({ dropped }) => dropped === undefined);
  if (kept.length === 0) return read;
  requireRoomForQuestions(read.inputs, described, `${source} has ${kept.length} texts to train on`);
  const inputs = new Map(read.inputs.map((input) => [input.id, input]));
  for (const { text, teacher } of kept) {
    const id = inputId({ text });
    if (inputs.has(id)) continue;
    inputs.set(id, { id, value: { text }, split: 'train', writtenBy: teacher });
  }
  return { ...read, inputs: [...inputs.values()] };
}

/** @throws {LyceumError} INVALID_ARGUMENT saying why texts to train on cannot be added to these inputs. */
export function requireRoomForQuestions(
  inputs: readonly ImitationInput[],
  { source, split }: ImitationInputs,
  what: string,
): void {
  const other = inputs.find(({ value }) => !('text' in value));
  const unsplit = inputs.filter((input) => input.split === undefined).length;
  const problem =
    other !== undefined
      ? 'spec.inputs are not texts'
      : split === undefined
        ? 'spec.inputs names no split: nothing says which of its inputs are held out'
        : unsplit > 0
          ? `${unsplit} of ${inputs.length} inputs of ${source} have no split`
          : undefined;
  if (problem !== undefined) throw new LyceumError('INVALID_ARGUMENT', `${what}, and ${problem}`);
}
