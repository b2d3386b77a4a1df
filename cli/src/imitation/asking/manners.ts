/**
 * In which manner a chat is asked: what makes it answer with an object, and whether one call gives several answers. What a
 * server takes is found out by its first calls, which go alone, and then stays as it is. Pure.
 */
import type { Ask } from '@lyceum/learning/specification';

/** `word`: its message is the answer. The others ask for an object: by `response_format`, a forced tool, or the prompt. */
export type Form = 'word' | 'json-schema' | 'tool' | 'text';

const OBJECT_FORMS = ['json-schema', 'tool', 'text'] as const;

/** What a server is sent for each. */
const SENT: Readonly<Record<Form, string>> = {
  word: 'words',
  'json-schema': 'response_format',
  tool: 'tools',
  text: 'prompt',
};

/** With these a server may refuse the manner, and not what it is asked. */
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

  /** Whether a server may have overlooked what asked for the object. */
  get mayBeIgnored(): boolean {
    return !this.#isFormKnown && this.form !== 'text';
  }

  get givesSeveral(): boolean | undefined {
    return this.#givesSeveral;
  }

  /** Whether a call for so many answers must go alone, since others may learn from it. */
  isNew(answers: number): boolean {
    return !this.#isFormKnown || (answers > 1 && this.#givesSeveral === undefined);
  }

  /** The form was refused. @returns whether there is another; without one it may have been the question that was refused. */
  next(): boolean {
    if (this.#isFormKnown) return false;
    this.#at = (this.#at + 1) % this.#forms.length;
    return this.#at > 0;
  }

  /** The form was taken. @returns what to tell people of it. */
  take(): string | undefined {
    if (this.#isFormKnown) return undefined;
    this.#isFormKnown = true;
    if (this.#at === 0) return undefined;
    const refused = this.#forms.slice(0, this.#at).map((form) => `no ${SENT[form]}`);
    return `takes ${refused.join(' and ')}; the object is asked for by ${SENT[this.form]}`;
  }

  /** Whether a call for several answers gave them. @returns what to tell people of it. */
  learn(givesSeveral: boolean): string | undefined {
    const before = this.#givesSeveral;
    this.#givesSeveral = givesSeveral;
    return givesSeveral || before === false
      ? undefined
      : 'gives fewer answers than n asks for; the others are asked for by calls of their own';
  }
}
