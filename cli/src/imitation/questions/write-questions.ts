/**
 * Lets chats write new inputs: a call's texts are on the disk before they count, so that whatever ends the process, a later
 * one goes on where this one was. What was under way at that moment is paid for in vain; nothing else is.
 */
import { valueAt } from '@lyceum/learning/formats';
import type { ImitationTeacher } from '@lyceum/learning/specification';
import {
  HttpRefusedError,
  headersWithSecrets,
  inLanes,
  JsonCaller,
  type Outside,
  UnreadableAnswerError,
} from '@lyceum/platform';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import type { ImitationInput } from '../inputs/index.js';
import { nextCallOf, planOf, type Writing, writingRequest } from './open-writing.js';
import type { QuestionLine, QuestionsFile } from './questions-file.js';
import { readWrittenList, type WrittenText } from './read-list.js';
import { Sift } from './sift.js';
import { FRUITLESS_CALLS, type WritingCall, type WritingPlan } from './writing-plan.js';

export interface WritingOptions {
  readonly writing: Writing;
  /** Of the document, held-out ones included. */
  readonly inputs: readonly ImitationInput[];
  readonly file: QuestionsFile;
  readonly outside: Outside;
  /** HTTP requests, those that are repeated included; undefined: any number. */
  readonly maxCalls?: number | undefined;
  /** Once it aborts nothing more is asked. */
  readonly signal: AbortSignal;
  /** Told of new texts of each call, and of tries that failed. */
  readonly progress: (teacher: string, kept: number) => void;
  readonly retried: (teacher: string, reason: string, waitMs: number) => void;
}

export interface WrittenQuestions {
  readonly calls: number;
  readonly kept: number;
  /** Texts that were dropped, by the first word of why. */
  readonly dropped: Readonly<Record<string, number>>;
  /** By teacher, why it did not write all. */
  readonly failures: readonly { readonly teacher: string; readonly reason: string }[];
}

/** What a server says of one question and not of all. */
const OF_THE_CALL: ReadonlySet<number> = new Set([400, 413, 422]);

/** Of an answer without a list, what its line keeps. */
const SHOWN_CHARACTERS = 1000;

const CHAT_TEXT = '/choices/0/message/content';
const CHAT_FINISH = '/choices/0/finish_reason';

/** Every teacher at its own pace; one that fails stops no other. */
export async function writeQuestions(options: WritingOptions): Promise<WrittenQuestions> {
  const { writing, file } = options;
  const before = file.lines.length;
  const writer = new Writer(options);
  const ends = await Promise.allSettled(writing.teachers.map((own) => writer.writeBy(own)));
  const failures = ends.flatMap((end, k) => {
    const teacher = writing.teachers[k]?.name ?? '';
    return end.status === 'fulfilled'
      ? []
      : [{ teacher, reason: toLyceumError(end.reason).message }];
  });
  const lines = file.lines.slice(before);
  const kept = lines.filter(({ dropped }) => dropped === undefined).length;
  return { calls: writer.calls, kept, dropped: reasonsOf(lines), failures };
}

/** How often something was dropped, by the first words of why. */
function reasonsOf(lines: readonly QuestionLine[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { dropped } of lines) {
    if (dropped === undefined) continue;
    const [reason = ''] = dropped.split(':', 1);
    counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return counts;
}

class Writer {
  readonly #options: WritingOptions;
  readonly #plan: WritingPlan;
  readonly #sift: Sift;
  calls = 0;

  constructor(options: WritingOptions) {
    const { writing, inputs, file } = options;
    this.#options = options;
    this.#plan = planOf(writing, file.lines);
    const kept = file.lines.filter(({ dropped }) => dropped === undefined);
    this.#sift = new Sift(
      inputs,
      kept.map(({ text }) => text),
    );
  }

  async writeBy({ name, endpoint }: ImitationTeacher): Promise<void> {
    const { file, outside, signal, retried } = this.#options;
    const { url, headers, rate, timeoutMs, attempts, concurrency } = endpoint;
    if (this.#plan.openOf(name) === 0) return;
    const caller = new JsonCaller({
      url,
      headers: headersWithSecrets(headers, outside.secrets, url),
      addresses: outside.addresses,
      rate,
      timeoutMs,
      attempts,
      nowMs: Date.now,
      random: Math.random,
      allow: () => this.#allow(),
      retried: (reason, waitMs) => retried(name, reason, waitMs),
    });
    let number = nextCallOf(file.lines, name);
    // Calls end once all that is wanted is under way; what is dropped of it the next round asks for.
    while (this.#plan.openOf(name) > 0) {
      await inLanes(this.#callsOf(name), concurrency, signal, (call) =>
        this.#write(call, number++, caller),
      );
    }
    const givenUp = this.#plan.givenUpOf(name).map((wanted) => wanted ?? 'any class');
    if (givenUp.length === 0) return;
    const message = `its last ${FRUITLESS_CALLS} calls for ${givenUp.join(', ')} brought nothing new; questions.jsonl says why. Want another prompt, temperature or more seeds`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }

  #allow(): void {
    const { maxCalls = Number.POSITIVE_INFINITY, signal } = this.#options;
    signal.throwIfAborted();
    if (this.calls >= maxCalls) {
      throw new LyceumError('RESOURCE_EXHAUSTED', `the ${maxCalls} calls of --max-calls are made`);
    }
    this.calls += 1;
  }

  *#callsOf(teacher: string): Generator<WritingCall> {
    for (;;) {
      const call = this.#plan.next(teacher);
      if (call === undefined) return;
      yield call;
    }
  }

  async #write(call: WritingCall, number: number, caller: JsonCaller): Promise<void> {
    const { writing, file, signal, progress } = this.#options;
    const { body, said } = writingRequest(writing, call, number);
    const wrote = await ask(caller, body, signal);
    const at = new Date().toISOString();
    const room = this.#plan.room(call);
    let kept = 0;
    const lines = wrote.map(({ text, dropped: unread }): QuestionLine => {
      const dropped =
        unread ?? (kept >= room ? 'too many: no more are wanted' : this.#sift.judge(text));
      if (dropped === undefined) kept += 1;
      return { text, ...said, ...(dropped !== undefined && { dropped }), at };
    });
    this.#plan.done(call, kept);
    await file.append(lines);
    progress(call.teacher, kept);
  }
}

interface WroteText {
  readonly text: string;
  /** Why nobody can use it. */
  readonly dropped?: string;
}

/** What one call brought; at least one text, so that a line says what became of it. */
async function ask(caller: JsonCaller, body: unknown, signal: AbortSignal): Promise<WroteText[]> {
  let response: unknown;
  try {
    response = await caller.post(body, signal, problemOf);
  } catch (err) {
    if (err instanceof UnreadableAnswerError) {
      return [{ text: '', dropped: `unreadable: ${err.message}` }];
    }
    if (!(err instanceof HttpRefusedError && OF_THE_CALL.has(err.status))) throw err;
    return [{ text: '', dropped: `refused: ${err.message}` }];
  }
  const content = String(valueAt(response, CHAT_TEXT, 0));
  const texts = readWrittenList(content, valueAt(response, CHAT_FINISH, 0) === 'length');
  if (texts.length > 0) return texts.map(wroteText);
  const text = content.slice(0, SHOWN_CHARACTERS);
  return [{ text, dropped: 'unreadable: want a JSON list, or a list with numbers' }];
}

function problemOf(response: unknown): string | undefined {
  if (typeof valueAt(response, CHAT_TEXT, 0) === 'string') return undefined;
  return `the response holds no text at ${CHAT_TEXT}`;
}

function wroteText({ text, isCutOff }: WrittenText): WroteText {
  return isCutOff ? { text, dropped: 'cut off: the answer ended at maxTokens' } : { text };
}
