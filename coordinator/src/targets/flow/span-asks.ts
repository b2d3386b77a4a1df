/** The open asks of one run: maps the teachers and spans that its schedule wants to asks, and asks back to them. */
import type { Ask } from '../../tickets/asks/index.js';

/** A span, and the teachers that one ask about it is for: teachers with the same model share an ask. */
export interface SpanAsk {
  readonly span: number;
  readonly teachers: ReadonlySet<number>;
}

export class SpanAsks {
  readonly #askOf: (teacher: number, span: number) => Ask;
  /** Open asks by id. */
  readonly #asks = new Map<string, { readonly span: number; readonly teachers: Set<number> }>();

  /** @param askOf - the ask of a teacher, by ensemble index, for a span. */
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

  /** @returns undefined: the ask is not open any more. */
  find(askId: string): SpanAsk | undefined {
    return this.#asks.get(askId);
  }

  /** The ask was answered: closes it. @returns undefined: it was not open any more. */
  done(askId: string): SpanAsk | undefined {
    const ask = this.#asks.get(askId);
    this.#asks.delete(askId);
    return ask;
  }
}
