/** Reads an answer to a question with numbered choices. Pure. */
import { LyceumError } from '@lyceum/proto';

/**
 * Reads numbers such as `1, 3`, or names, in their order; with `isOpen`, also names that are not among the choices.
 *
 * @throws {LyceumError} INVALID_ARGUMENT naming the part that is no choice.
 */
export function chosen(answer: string, choices: readonly string[], isOpen: boolean): string[] {
  const parts = answer.split(/[\s,]+/).filter((part) => part !== '');
  return parts.map((part) => {
    if (choices.includes(part)) return part;
    const numbered = /^\d+$/.test(part) ? choices[Number(part) - 1] : undefined;
    if (numbered !== undefined) return numbered;
    if (isOpen && !/^\d+$/.test(part)) return part;
    const want = choices.length === 0 ? 'a name' : `a number up to ${choices.length}, or a name`;
    throw new LyceumError('INVALID_ARGUMENT', `${part} is not a choice; want ${want}`);
  });
}
