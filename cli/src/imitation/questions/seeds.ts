/** The prompt for new inputs, with examples: inputs to train on, drawn by a seed. Pure. */
import { fnv1a32, mulberry32 } from '@lyceum/learning/arrays';
import { isHeldOut } from '@lyceum/learning/imitation';
import type { Questions } from '@lyceum/learning/specification';
import { LyceumError } from '@lyceum/proto';
import type { ImitationInput } from '../inputs/index.js';

const asking = (ofClass: string, same: string) =>
  [
    `Here are examples${ofClass}, as a JSON list:`,
    '{examples}',
    '',
    `Write {count} new ones ${same}. They must differ from the examples and from each other in what they say and how they say it.`,
    'Answer with a JSON list of {count} strings and nothing else.',
  ].join('\n');

const OF_A_CLASS = asking(' of the class {class}', 'of the same class');
const OF_ANY_CLASS = asking('', 'like them');

/** Inputs that may be shown as examples, by class. Held-out inputs are never shown. */
export class SeedPool {
  readonly #all: readonly ImitationInput[];
  readonly #byClass = new Map<string, ImitationInput[]>();

  /** @param classes - by input id, where the class is known. */
  constructor(inputs: readonly ImitationInput[], classes: ReadonlyMap<string, string>) {
    this.#all = inputs.filter((input) => !isHeldOut(input));
    for (const input of this.#all) {
      const own = classes.get(input.id);
      if (own === undefined) continue;
      const some = this.#byClass.get(own);
      if (some === undefined) this.#byClass.set(own, [input]);
      else some.push(input);
    }
  }

  /**
   * @param all - the classes of the document.
   * @returns the classes that new inputs are wanted of: those that the document names, else all that have an example;
   *   `[undefined]`: no class is known.
   * @throws {LyceumError} INVALID_ARGUMENT naming a class without an example, or if there is no example at all.
   */
  classes({ classes, prompt }: Questions, all: readonly string[]): (string | undefined)[] {
    const none = classes?.find((own) => !this.#byClass.has(own));
    const known = classes ?? all.filter((own) => this.#byClass.has(own));
    const needsOne =
      none ?? (known.length === 0 && prompt?.includes('{class}') ? 'any class' : undefined);
    if (needsOne !== undefined) {
      const message = `no training input is known to be of ${needsOne}; give labels, or first run coordinator imitation collect`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    if (this.#all.length === 0) {
      throw new LyceumError('INVALID_ARGUMENT', 'there is no training input to show as an example');
    }
    return known.length === 0 ? [undefined] : known;
  }

  /** Draws `seeds` different examples, or all if there are fewer. Equal arguments draw the same examples. */
  draw(
    wanted: string | undefined,
    { seeds, seed }: Pick<Questions, 'seeds' | 'seed'>,
    teacher: string,
    call: number,
  ): ImitationInput[] {
    const pool = wanted === undefined ? this.#all : (this.#byClass.get(wanted) ?? []);
    const key = fnv1a32(`${seed} ${teacher} ${call}`);
    const drawn = new Set<ImitationInput>();
    for (let n = 0; drawn.size < Math.min(seeds, pool.length); n++) {
      drawn.add(pool[Math.floor(mulberry32(key, n) * pool.length)] as ImitationInput);
    }
    return [...drawn];
  }
}

/** The prompt as it is sent. Placeholders are replaced in one pass: a {count} inside an example stays. */
export function writingPrompt(
  { prompt }: Pick<Questions, 'prompt'>,
  wanted: string | undefined,
  seeds: readonly ImitationInput[],
  count: number,
): string {
  const examples = seeds.map(({ value }) => ('text' in value ? value.text : ''));
  const said = {
    '{examples}': JSON.stringify(examples),
    '{class}': wanted ?? '',
    '{count}': String(count),
  };
  return promptTemplate(prompt, wanted).replace(
    /\{examples\}|\{class\}|\{count\}/g,
    (name) => said[name as keyof typeof said],
  );
}

export function promptTemplate(prompt: string | undefined, wanted: string | undefined): string {
  return prompt ?? (wanted === undefined ? OF_ANY_CLASS : OF_A_CLASS);
}
