/**
 * The manner in which a chat is asked: the form of request that makes it answer with an object, and whether one call
 * gives several answers. The first calls, made one at a time, find out what the server takes; then that stays. Pure.
 */
import type { Ask } from '@lyceum/learning/specification';

/**
 * `word`: the chat's message is the answer. The other forms ask for an object: by `response_format`, by a forced
 * tool, or in the prompt.
 */
export type Form = 'word' | 'json-schema' | 'tool' | 'text';

const OBJECT_FORMS = ['json-schema', 'tool', 'text'] as const;

/** For each form: the part of the request that asks for it, as people read it. */
const SENT: Readonly<Record<Form, string>> = {
  word: 'words',
  'json-schema': 'response_format',
  tool: 'tools',
  text: 'prompt',
};

/** HTTP statuses with which a server may refuse the manner, and not the question. */
export const REFUSES_MANNER: ReadonlySet<number> = new Set([400, 404, 422, 501]);

export class Manners {
  readonly #forms: readonly Form[];
  #at = 0;
  #isFormKnown: boolean;
  /** Undefined: not known yet. */
  #givesSeveral: boolean | undefined;

  constructor({ schema, output = 'auto' }: Ask) {
    this.#forms = schema === undefined ? ['word'] : output === 'auto' ? OBJECT_FORMS : [output];
    this.#isFormKnown = this.#forms.length === 1;
  }

  get form(): Form {
    return this.#forms[this.#at] as Form;
  }

  /** Whether the server may ignore the request for an object. */
  get mayBeIgnored(): boolean {
    return !this.#isFormKnown && this.form !== 'text';
  }

  get givesSeveral(): boolean | undefined {
    return this.#givesSeveral;
  }

  /** Whether a call for this many answers must be made alone: it shows the manner for later calls. */
  isNew(answers: number): boolean {
    return !this.#isFormKnown || (answers > 1 && this.#givesSeveral === undefined);
  }

  /**
   * The form was refused: goes on to the next one.
   *
   * @returns false: no other form is left, and the server may have refused the question itself.
   */
  next(): boolean {
    if (this.#isFormKnown) return false;
    this.#at = (this.#at + 1) % this.#forms.length;
    return this.#at > 0;
  }

  /** The form was taken. @returns a notice for people; undefined: nothing to tell. */
  take(): string | undefined {
    if (this.#isFormKnown) return undefined;
    this.#isFormKnown = true;
    if (this.#at === 0) return undefined;
    const refused = this.#forms.slice(0, this.#at).map((form) => `no ${SENT[form]}`);
    return `takes ${refused.join(' and ')}; the object is asked for by ${SENT[this.form]}`;
  }

  /** Notes whether a call for several answers gave them. @returns a notice for people; undefined: nothing to tell. */
  learn(givesSeveral: boolean): string | undefined {
    const before = this.#givesSeveral;
    this.#givesSeveral = givesSeveral;
    return givesSeveral || before === false
      ? undefined
      : 'gives fewer answers than n asks for; the others are asked for by calls of their own';
  }
}
