/** The asks of one run: from what its schedule wants to what the desk is asked, and back. */
import type { DistillationSpecification } from '@lyceum/learning/specification';
import { viewAt } from '@lyceum/learning/views';
import type { DatasetOutline } from '../artifacts/index.js';
import { type RunRecord, teacherOutputs } from '../runs/index.js';
import { type SpanGrid, spanAt } from '../schedule/index.js';
import { type Ask, type Asker, askFor } from '../tickets/asks/index.js';
import type { TicketDesk } from '../tickets/index.js';
import type { SpanSamples } from './span-samples.js';

export interface SpanAsksParts {
  readonly record: RunRecord;
  readonly spec: DistillationSpecification['spec'];
  readonly dataset: DatasetOutline;
  readonly grid: SpanGrid;
  readonly samples: SpanSamples;
  readonly desk: Pick<TicketDesk, 'ask' | 'withdraw'>;
  readonly asker: Asker;
}

/** A span, and the teachers that are asked for it: two of one model ask the same. */
export interface SpanAsk {
  readonly span: number;
  readonly teachers: ReadonlySet<number>;
}

export class SpanAsks {
  readonly #parts: SpanAsksParts;
  /** Open asks by id. */
  readonly #asks = new Map<string, { readonly span: number; readonly teachers: Set<number> }>();
  /** Ids of open asks, by teacher and span. */
  readonly #ids = new Map<string, string>();

  constructor(parts: SpanAsksParts) {
    this.#parts = parts;
  }

  want(teacher: number, span: number): void {
    const ask = this.#ask(teacher, span);
    this.#ids.set(wantKey(teacher, span), ask.id);
    const known = this.#asks.get(ask.id);
    if (known !== undefined) {
      known.teachers.add(teacher);
      return;
    }
    this.#asks.set(ask.id, { span, teachers: new Set([teacher]) });
    this.#parts.desk.ask(this.#parts.asker, ask);
  }

  unwant(teacher: number, span: number): void {
    const key = wantKey(teacher, span);
    const askId = this.#ids.get(key);
    const ask = askId === undefined ? undefined : this.#asks.get(askId);
    this.#ids.delete(key);
    if (askId === undefined || ask === undefined) return;
    ask.teachers.delete(teacher);
    if (ask.teachers.size > 0) return;
    this.#asks.delete(askId);
    this.#parts.desk.withdraw(this.#parts.asker, askId);
  }

  /** Undefined: that ask is not open any more. */
  find(askId: string): SpanAsk | undefined {
    return this.#asks.get(askId);
  }

  /** It was answered: nobody waits for it any more. */
  done(askId: string): void {
    const ask = this.#asks.get(askId);
    this.#asks.delete(askId);
    for (const teacher of ask?.teachers ?? []) this.#ids.delete(wantKey(teacher, ask?.span ?? 0));
  }

  #ask(teacher: number, span: number): Ask {
    const { dataset, record, spec, grid, samples } = this.#parts;
    const at = spanAt(grid, span);
    return askFor(
      dataset,
      {
        teacherIdentity: record.teachers[teacher]?.identity ?? '',
        split: 'train',
        view: viewAt(spec.views, at.epoch),
        orderSeed: spec.training.seed,
        span: at,
        outputs: teacherOutputs(record, teacher),
      },
      samples.ofSpan(span),
    );
  }
}

function wantKey(teacher: number, span: number): string {
  return `${teacher}:${span}`;
}
