/** All that is known of a rule, in one file a rule. */
import type { Problem } from '@lyceum/proto';
import type { z } from 'zod';
import type { CheckedInput } from './checked-input.js';

/** What a document says beside its rules. */
export interface RuleContext {
  readonly classes: readonly string[];
  readonly teacherCount: number;
  /** Whether one says how sure it is. */
  readonly tellConfidence: boolean;
  /** Whether one is a chat, whose server says why an answer ended. */
  readonly chat: boolean;
  /** Whether one answers an input several times. */
  readonly severalAnswers: boolean;
  /** Teachers that are asked for explanations. */
  readonly explaining: readonly string[];
}

export interface ImitationRule<Settings extends z.ZodType = z.ZodType> {
  /** As documents name it. */
  readonly name: string;
  readonly settings: Settings;
  /** What is wrong with it in this document; paths begin at the rule. */
  problems?(own: z.output<Settings>, context: RuleContext): Problem[];
  /**
   * @param inputs - held-out ones too, which are kept whatever is said of them.
   * @returns [N]: why it drops each; undefined: it does not.
   */
  judge(
    own: z.output<Settings>,
    inputs: readonly CheckedInput[],
    context: RuleContext,
  ): (string | undefined)[];
}

/** The words of a text input; undefined: it is none. */
export function textOf({ value }: CheckedInput): string | undefined {
  return 'text' in value ? value.text : undefined;
}
