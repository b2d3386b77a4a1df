/** All facts about a rule. Each rule is one file. */
import type { Problem } from '@lyceum/proto';
import type { z } from 'zod';
import type { CheckedInput } from './checked-input.js';

/** What rules may know of the rest of the document. */
export interface RuleContext {
  readonly classes: readonly string[];
  readonly teacherCount: number;
  /** Whether some teacher says how sure it is. */
  readonly tellConfidence: boolean;
  /** Whether some teacher is a chat, whose server says why an answer ended. */
  readonly chat: boolean;
  /** Whether some teacher answers an input several times. */
  readonly severalAnswers: boolean;
  /** Names of teachers that are asked for explanations. */
  readonly explaining: readonly string[];
}

export interface ImitationRule<Settings extends z.ZodType = z.ZodType> {
  /** The rule's name in documents. */
  readonly name: string;
  readonly settings: Settings;
  /** What is wrong with the rule's settings in this document; paths begin at the rule. */
  problems?(own: z.output<Settings>, context: RuleContext): Problem[];
  /**
   * @param inputs - held-out ones too: these are kept whatever the rule says.
   * @returns [N]: why the rule drops each input; undefined: it keeps the input.
   */
  judge(
    own: z.output<Settings>,
    inputs: readonly CheckedInput[],
    context: RuleContext,
  ): (string | undefined)[];
}

/** The words of a text input; undefined: the input is no text. */
export function textOf({ value }: CheckedInput): string | undefined {
  return 'text' in value ? value.text : undefined;
}
