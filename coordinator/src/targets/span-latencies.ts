/** Which answers to the spans of a run's window needed a ticket, and how long each ticket took. Pure. */
import type { SpanAsk } from './flow/index.js';

const NONE: ReadonlyMap<number, number> = new Map();

export class SpanLatencies {
  /** Milliseconds by span and ensemble index; no entry: the store had the answers. */
  readonly #known = new Map<number, Map<number, number>>();
  readonly #keptCount: () => number;

  /** @param keptCount - how many spans to remember: those whose latencies may still be asked for. */
  constructor(keptCount: () => number) {
    this.#keptCount = keptCount;
  }

  /** The answers to an ask are there. @param latencyMs - of their ticket; absent: the store had them. */
  came({ span, teachers }: SpanAsk, latencyMs: number | undefined): void {
    const ofSpan = this.#known.get(span) ?? new Map<number, number>();
    this.#known.set(span, ofSpan);
    for (const teacher of teachers) {
      if (latencyMs === undefined) ofSpan.delete(teacher);
      else ofSpan.set(teacher, latencyMs);
    }
    const [oldest] = this.#known.keys();
    if (this.#known.size > this.#keptCount() && oldest !== undefined) this.#known.delete(oldest);
  }

  of(span: number): ReadonlyMap<number, number> {
    return this.#known.get(span) ?? NONE;
  }
}
