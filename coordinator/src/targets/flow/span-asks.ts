/** The open asks of one run: from what its schedule wants to what is asked, and back. */
import type { Ask } from '../../tickets/asks/index.js';

/** A span, and the teachers that are asked for it: two of one model ask the same. */
export interface SpanAsk {
  readonly span: number;
  readonly teachers: ReadonlySet<number>;
}

export class SpanAsks {
  readonly #askOf: (teacher: number, span: number) => Ask;
  /** Open asks by id. */
  readonly #asks = new Map<string, { readonly span: number; readonly teachers: Set<number> }>();

  /** @param askOf - what is asked of a teacher, by ensemble index, for a span. */
  constructor(askOf: (teacher: number, span: number) => Ask) {
    this.#askOf = askOf;
  }

  /** @returns the ask to open; undefined: it is open already. */
  want(teacher: number, span: number): Ask | undefined {
    const ask = this.#askOf(teacher, span);
    const known = this.#asks.get(ask.id);
    if (known === undefined) this.#asks.set(ask.id, { span, teachers: new Set([teacher]) });
    else known.teachers.add(teacher);
    return known === undefined ? ask : undefined;
  }

  /** @returns the id of the ask to withdraw; undefined: another teacher needs it, or it is not open. */
  unwant(teacher: number, span: number): string | undefined {
    for (const [askId, ask] of this.#asks) {
      if (ask.span !== span || !ask.teachers.delete(teacher)) continue;
      if (ask.teachers.size > 0) return undefined;
      this.#asks.delete(askId);
      return askId;
    }
    return undefined;
  }

  /** Undefined: that ask is not open any more. */
  find(askId: string): SpanAsk | undefined {
    return this.#asks.get(askId);
  }

  /** It was answered: nobody waits for it any more. */
  done(askId: string): SpanAsk | undefined {
    const ask = this.#asks.get(askId);
    this.#asks.delete(askId);
    return ask;
  }
}
