/**
 * Stored answers against the teachers as they are now: spans of stored samples are asked for again, at the positions at
 * which a run asks for them. The new answers are compared with the stored ones, and not stored themselves.
 *
 * That a stored answer is still the teacher's is otherwise only believed. The idea is TinyViT's check of saved logits
 * (Wu et al. 2022).
 */
import {
  AnswerVerification,
  LyceumError,
  toLyceumError,
  type VerifyAnswersRequest,
  type VerifyAnswersResponse,
} from '@lyceum/proto';
import {
  type AnswerStore,
  type AnswerTableKey,
  type StoredAnswers,
  TABLE_EXTENSION,
} from '../../answers/index.js';
import type { ArtifactCatalog, DatasetOutline } from '../../artifacts/index.js';
import type { RunStore } from '../../runs/index.js';
import { spanSamples } from '../../tickets/asks/index.js';
import type { TeacherUser, TicketDesk } from '../../tickets/index.js';
import { answerOrigins, shuffled } from './answer-origins.js';
import { compareAnswers } from './compare-answers.js';
import { type AskedRows, type Question, VerificationAsker } from './verification-asker.js';

/** How often a caller that waits is told why, if that has changed. */
const TELL_MS = 1_000;

export interface AnswerVerificationParts {
  readonly store: Pick<RunStore, 'list'>;
  readonly catalog: Pick<ArtifactCatalog, 'dataset'>;
  readonly answers: AnswerStore;
  readonly desk: TicketDesk;
  readonly changed: () => void;
  readonly now: () => number;
}

export class AnswerVerifications {
  readonly #parts: AnswerVerificationParts;
  readonly #open = new Map<string, TeacherUser>();
  #count = 0;

  constructor(parts: AnswerVerificationParts) {
    this.#parts = parts;
  }

  /** Verifications that need teachers loaded, in the order in which they came. */
  users(): TeacherUser[] {
    return [...this.#open.values()];
  }

  /**
   * Yields a verification for each table, and why it waits, whenever that changes.
   *
   * Tables of a teacher that does not answer are passed over, with the reason.
   *
   * @throws {LyceumError} NOT_FOUND for a table that is not there.
   */
  async *verify(
    { ids, spanCount, seed, patienceSeconds }: VerifyAnswersRequest,
    signal: AbortSignal,
  ): AsyncGenerator<VerifyAnswersResponse, void, undefined> {
    /** Why a teacher does not answer, by identity: its other tables need not wait for it once more. */
    const failures = new Map<string, string>();
    for (const table of this.#tables(ids)) {
      const { teacherIdentity } = table.key;
      const found = await this.#questions(table.key, spanCount || 1, seed);
      if (typeof found === 'string') {
        yield verified(table, { skippedReason: found });
        continue;
      }
      const failure =
        failures.get(teacherIdentity) ??
        (yield* this.#ask(table, found, 1_000 * (patienceSeconds || 60), signal));
      if (failure === undefined) continue;
      failures.set(teacherIdentity, failure);
      yield verified(table, { skippedReason: failure });
    }
  }

  #tables(ids: readonly string[]): StoredAnswers[] {
    const tables = this.#parts.answers.tables();
    if (ids.length === 0) return tables;
    return ids.map((id) => {
      const table = tables.find(({ name }) => name === `${id}${TABLE_EXTENSION}`);
      if (table === undefined) throw new LyceumError('NOT_FOUND', `there is no table ${id}`);
      return table;
    });
  }

  /** Spans all of whose samples are stored, by chance; or why there are none. */
  async #questions(
    key: AnswerTableKey,
    spanCount: number,
    seed: number,
  ): Promise<{ readonly dataset: DatasetOutline; readonly chosen: Question[] } | string> {
    const { store, catalog, answers } = this.#parts;
    const asking = store.list().find(({ dataset }) => dataset.digest === key.datasetDigest);
    if (asking === undefined) return 'no known run uses its data set';
    const dataset = await catalog.dataset(asking.dataset);
    const origins = answerOrigins(key, store.list(), dataset);
    if (origins.length === 0) return 'no known run asks its teacher for it';
    const seen = new Set<string>();
    const chosen: Question[] = [];
    // The earliest run first: later runs found its answers stored, and did not ask.
    const runIds = [...new Set(origins.map(({ runId }) => runId))];
    const originsOf = (id: string) => origins.filter(({ runId }) => runId === id);
    const spans = runIds.flatMap((id) =>
      shuffled(
        originsOf(id).flatMap((origin) => origin.spans.map((span) => ({ origin, span }))),
        seed,
      ),
    );
    for (const { origin, span } of spans) {
      if (chosen.length === spanCount) break;
      const { split, order } = origin;
      const place = JSON.stringify([split, order, span]);
      if (seen.has(place)) continue;
      seen.add(place);
      const samples = spanSamples(dataset, split, span, order);
      if ((await answers.missingCount(key, samples)) > 0) continue;
      chosen.push({ origin, span, samples });
    }
    if (chosen.length === 0) return 'it holds no whole span that a run asks for';
    return { dataset, chosen };
  }

  /** @returns why the teacher does not answer; undefined: it did. */
  async *#ask(
    table: StoredAnswers,
    { dataset, chosen }: { readonly dataset: DatasetOutline; readonly chosen: readonly Question[] },
    patienceMs: number,
    signal: AbortSignal,
  ): AsyncGenerator<VerifyAnswersResponse, string | undefined, undefined> {
    const { desk, changed, now } = this.#parts;
    const { key } = table;
    const [first] = chosen;
    if (first === undefined) throw new Error('nothing to ask');
    const { teacher } = first.origin;
    const id = `verify/${++this.#count}`;
    const user: TeacherUser = {
      id,
      teachers: [teacher],
      dataset: first.origin.dataset,
      reason: '',
    };
    const asker = new VerificationAsker(id, (ask) => desk.ask(asker, ask));
    const rows = chosen.map((question) => asker.ask(key, dataset, question));
    this.#open.set(id, user);
    changed();
    try {
      for (const { ask } of rows) desk.ask(asker, ask);
      let told = '';
      let heardAtMs = now();
      let openCount = rows.length;
      while (asker.openCount > 0) {
        if (signal.aborted) throw toLyceumError(signal.reason);
        if (asker.openCount < openCount) heardAtMs = now();
        openCount = asker.openCount;
        const reason = user.reason || `waiting for answers of teacher ${teacher.name}`;
        if (now() - heardAtMs > patienceMs) {
          return `teacher ${teacher.name} did not answer within ${patienceMs / 1_000} s: ${reason}`;
        }
        if (reason !== told) yield { part: { $case: 'waiting', waiting: reason } };
        told = reason;
        await asker.news(TELL_MS);
      }
      if (asker.failure !== undefined) {
        return `teacher ${teacher.name} cannot answer: ${asker.failure}`;
      }
      yield verified(table, await this.#compared(key, teacher.name, rows));
      return undefined;
    } finally {
      for (const { ask } of rows) desk.withdraw(asker, ask.id);
      this.#open.delete(id);
      changed();
    }
  }

  async #compared(
    key: AnswerTableKey,
    teacher: string,
    rows: readonly AskedRows[],
  ): Promise<Partial<AnswerVerification>> {
    const length = rows.reduce((sum, { again }) => sum + again.length, 0);
    const stored = new Float32Array(length);
    const again = new Float32Array(length);
    let at = 0;
    for (const { question, again: own } of rows) {
      const out = stored.subarray(at, at + own.length);
      const missing = await this.#parts.answers.read(key, question.samples, out);
      if (missing.length > 0)
        return { teacher, skippedReason: 'its answers were deleted meanwhile' };
      again.set(own, at);
      at += own.length;
    }
    const asLike = [...new Set(rows.map(({ question }) => question.origin.runId))];
    const difference = compareAnswers(
      stored,
      again,
      key.rowLength,
      key.outputs.join() === 'logits',
    );
    return { teacher, askedLikeRuns: asLike, ...difference };
  }
}

function verified(
  { name, key }: StoredAnswers,
  found: Partial<AnswerVerification>,
): VerifyAnswersResponse {
  const verification = AnswerVerification.fromPartial({
    id: name.slice(0, -TABLE_EXTENSION.length),
    codec: key.codec,
    outputs: [...key.outputs],
    ...found,
  });
  return { part: { $case: 'verification', verification } };
}
