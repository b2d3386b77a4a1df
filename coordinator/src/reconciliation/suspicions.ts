/** The suspicions whose answers have not all been dropped yet. Pure. */
import { type AnswerTableKey, type RecordRange, tableFileName } from '../answers/index.js';
import type { Replica, StoredRecords, SuspectRecords, Suspicion } from '../health/index.js';

export type OpenSuspicion = { -readonly [Key in keyof Suspicion]: Suspicion[Key] };

export class Suspicions {
  /** In the order in which they were found. */
  readonly waiting: OpenSuspicion[] = [];

  /** Whether answers of the teacher are suspect. */
  has(teacher: string): boolean {
    return this.waiting.some((suspicion) => suspicion.teacher === teacher);
  }

  /** Takes over the suspicions that an earlier coordinator left open. */
  restore(suspicions: readonly Suspicion[]): void {
    this.waiting.push(...suspicions.map((kept) => ({ ...kept })));
  }

  add({ workerId, teacher }: Replica, reason: string, items: readonly StoredRecords[]): void {
    const records = merged(items);
    const sinceMs = items.reduce(
      (least, { atMs }) => Math.min(least, atMs),
      Number.POSITIVE_INFINITY,
    );
    this.waiting.push({ workerId, teacher, reason, sinceMs, records, samples: undefined });
  }
}

/** Joins neighbouring ranges: answers come in pieces. */
function merged(items: readonly StoredRecords[]): SuspectRecords[] {
  const byTable = new Map<string, { key: AnswerTableKey; ranges: RecordRange[] }>();
  for (const { key, range } of items) {
    const name = tableFileName(key);
    const known = byTable.get(name) ?? { key, ranges: [] };
    known.ranges.push(range);
    byTable.set(name, known);
  }
  return [...byTable.values()].flatMap(({ key, ranges }) => {
    const joined: RecordRange[] = [];
    for (const range of ranges.sort((a, b) => a.first - b.first)) {
      const last = joined.at(-1);
      if (last === undefined || range.first > last.end) joined.push(range);
      else joined[joined.length - 1] = { first: last.first, end: Math.max(last.end, range.end) };
    }
    return joined.map((range) => ({ key, range }));
  });
}
