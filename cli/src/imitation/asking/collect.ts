/**
 * Asks black boxes about inputs, each once: an answer is on the disk before it counts, so that whatever ends the process, a
 * later one goes on where this one was. What was under way at that moment may be asked again; nothing else is.
 */
import { answerPointer, readAnswer, requestBody, valueAt } from '@lyceum/learning/formats';
import type { Endpoint, Imitation, ImitationTeacher } from '@lyceum/learning/specification';
import {
  HttpRefusedError,
  headersWithSecrets,
  inLanes,
  JsonCaller,
  type Outside,
  UnreadableAnswerError,
} from '@lyceum/platform';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { type ImitationInput, sentInput } from '../inputs/index.js';
import { type AnswerLine, type AnswersFile, answerKey, isUnreadable } from './answers-file.js';
import { askingsOf } from './askings.js';
import { batchesOf, openQuestions, type Question } from './open-questions.js';

export interface CollectOptions {
  readonly imitation: Imitation;
  readonly inputs: readonly ImitationInput[];
  /** Where images lie. */
  readonly folder: string;
  readonly file: AnswersFile;
  readonly outside: Outside;
  /** Asks for unreadable answers again. */
  readonly again: boolean;
  /** HTTP requests of this collection, those that are repeated included; undefined: any number. */
  readonly maxCalls?: number | undefined;
  /** Once it aborts nothing more is asked. */
  readonly signal: AbortSignal;
  /** Told of each answer, and of tries that failed. */
  readonly progress: (teacher: string, answered: number) => void;
  readonly retried: (teacher: string, reason: string, waitMs: number) => void;
}

/** Answers that came and could not be read. */
export interface Unreadable {
  readonly teacher: string;
  /** Tries that were made again for it. */
  readonly retried: number;
  /** Questions of the document that have no other answer, however often they were asked. */
  readonly left: number;
  /** Why the first of these cannot be read. */
  readonly problem?: string;
}

export interface Collected {
  readonly calls: number;
  /** Of each teacher with any. */
  readonly unreadable: readonly Unreadable[];
  /** By teacher, why it did not answer all. */
  readonly failures: readonly { readonly teacher: string; readonly reason: string }[];
}

/** What a server says of one question and not of all: the answer is that there is none. */
const OF_THE_INPUT: ReadonlySet<number> = new Set([400, 413, 422]);

/** Every teacher at its own pace; one that fails stops no other. */
export async function collectAnswers(options: CollectOptions): Promise<Collected> {
  const { imitation, maxCalls = Number.POSITIVE_INFINITY, signal } = options;
  let calls = 0;
  const allow = (): void => {
    signal.throwIfAborted();
    if (calls >= maxCalls) {
      throw new LyceumError('RESOURCE_EXHAUSTED', `the ${maxCalls} calls of --max-calls are made`);
    }
    calls += 1;
  };
  const retried = new Map<string, number>();
  const ends = await Promise.allSettled(
    imitation.spec.teachers.map((teacher) => collectFrom(teacher, options, allow, retried)),
  );
  const failures = ends.flatMap((end, k) => {
    const teacher = imitation.spec.teachers[k]?.name ?? '';
    return end.status === 'fulfilled'
      ? []
      : [{ teacher, reason: toLyceumError(end.reason).message }];
  });
  const unreadable = imitation.spec.teachers.flatMap((teacher) => {
    const counted = unreadableOf(teacher, options, retried.get(teacher.name) ?? 0);
    return counted.retried + counted.left > 0 ? [counted] : [];
  });
  return { calls, unreadable, failures };
}

function unreadableOf(
  teacher: ImitationTeacher,
  { imitation, inputs, file }: CollectOptions,
  retried: number,
): Unreadable {
  const { name } = teacher;
  const askings = askingsOf(teacher, imitation.spec.classes);
  const left = inputs.flatMap(({ id }) =>
    askings.flatMap((asking) => {
      const answer = file.answers.get(answerKey({ teacher: name, id, ...asking }));
      return answer !== undefined && isUnreadable(answer) ? [answer] : [];
    }),
  );
  const [first] = left;
  const why = first?.problem === undefined ? {} : { problem: first.problem };
  return { teacher: name, retried, left: left.length, ...why };
}

async function collectFrom(
  teacher: ImitationTeacher,
  options: CollectOptions,
  allow: () => void,
  unreadable: Map<string, number>,
): Promise<void> {
  const { imitation, inputs, file, outside, again, signal, retried, progress } = options;
  const { name, endpoint } = teacher;
  const { url, headers, rate, timeoutMs, attempts, batch, concurrency } = endpoint;
  await readAgain(teacher, options);
  const open = openQuestions(teacher, imitation.spec.classes, inputs, file.answers, again);
  if (open.length === 0) return;
  const caller = new JsonCaller({
    url,
    headers: headersWithSecrets(headers, outside.secrets, url),
    addresses: outside.addresses,
    rate,
    timeoutMs,
    attempts,
    nowMs: Date.now,
    random: Math.random,
    allow,
    retried: (reason, waitMs, isUnreadable) => {
      if (isUnreadable) unreadable.set(name, (unreadable.get(name) ?? 0) + 1);
      retried(name, reason, waitMs);
    },
  });
  await inLanes(batchesOf(open, batch), concurrency, signal, async (some) => {
    await file.append(await ask(teacher, some, caller, options));
    progress(name, some.length);
  });
}

async function ask(
  teacher: ImitationTeacher,
  questions: readonly Question[],
  caller: JsonCaller,
  { imitation, folder, file, signal }: CollectOptions,
): Promise<AnswerLine[]> {
  const { endpoint } = (questions[0] as Question).asking;
  const { classes } = imitation.spec;
  const sent = await Promise.all(questions.map(({ input }) => sentInput(input.value, folder)));
  // The first that can be read counts, and else the last.
  const said: Said[] = [];
  const problemOf = (response: unknown): string | undefined => {
    let problem: string | undefined;
    for (const place of questions.keys()) {
      if (isReadable(said[place])) continue;
      const now = saidOf(endpoint, response, place, classes);
      said[place] = now;
      if (now.problem !== undefined) problem ??= `the response ${now.problem}`;
    }
    return problem;
  };
  const linesOf = (otherwise: Said): AnswerLine[] =>
    questions.map((question, place) => lineOf(teacher, question, said[place] ?? otherwise));
  try {
    await caller.post(requestBody(endpoint, sent, classes), signal, problemOf);
    return linesOf(NOTHING_SAID);
  } catch (err) {
    if (err instanceof UnreadableAnswerError) {
      return linesOf({ ...NOTHING_SAID, problem: err.message });
    }
    if (!(err instanceof HttpRefusedError && OF_THE_INPUT.has(err.status))) {
      // What could be read is paid for, whatever became of the rest.
      await file.append(linesOf(NOTHING_SAID).filter((_, place) => isReadable(said[place])));
      throw err;
    }
    return linesOf({ ...NOTHING_SAID, problem: err.message, refused: err.status });
  }
}

type Said = Pick<AnswerLine, 'class' | 'raw' | 'problem' | 'refused' | 'confidence' | 'finish'>;

/** Where a chat says why its answer ended. */
const CHAT_FINISH = '/choices/0/finish_reason';

const NOTHING_SAID: Said = { class: null, raw: null };

function isReadable(said: Said | undefined): boolean {
  return said !== undefined && said.problem === undefined;
}

function saidOf(
  endpoint: Endpoint,
  response: unknown,
  place: number,
  classes: readonly string[],
): Said {
  const answer = readAnswer(endpoint, response, place, classes);
  const at = valueAt(response, answerPointer(endpoint), place);
  // Without an answer at its place, all of what came is worth keeping.
  const raw = at === undefined ? response : at;
  const { confidence: pointer } = endpoint;
  const sure = pointer === undefined ? undefined : valueAt(response, pointer, place);
  const confidence = typeof sure === 'number' && Number.isFinite(sure) ? { confidence: sure } : {};
  const ended = endpoint.chat === undefined ? undefined : valueAt(response, CHAT_FINISH, place);
  const finish = typeof ended === 'string' ? { finish: ended } : {};
  const beside = { ...confidence, ...finish };
  if ('problem' in answer) return { class: null, raw, problem: answer.problem, ...beside };
  return { class: answer.className, raw, ...beside };
}

function lineOf({ name }: ImitationTeacher, { input, asking }: Question, said: Said): AnswerLine {
  const { answer, asked, endpoint } = asking;
  const { revision } = endpoint;
  const at = new Date().toISOString();
  return { teacher: name, id: input.id, answer, ...input.value, ...said, revision, asked, at };
}

/** Answers that could not be read are read again: the description may have been mended, and they are paid for. */
async function readAgain(
  teacher: ImitationTeacher,
  { imitation, inputs, file }: CollectOptions,
): Promise<void> {
  const { classes } = imitation.spec;
  const askings = askingsOf(teacher, classes);
  const lines = inputs.flatMap((input) =>
    askings.flatMap((asking) => {
      const answer = file.answers.get(
        answerKey({ teacher: teacher.name, id: input.id, ...asking }),
      );
      if (answer?.problem === undefined || answer.raw === null) return [];
      const { endpoint } = asking;
      // What stood at the place of the answer; or the whole response, where nothing stood there.
      const read = readAnswer({ ...endpoint, chat: undefined, answer: '' }, answer.raw, 0, classes);
      const whole = endpoint.batch === 1 ? readAnswer(endpoint, answer.raw, 0, classes) : read;
      const mended = 'problem' in read ? whole : read;
      if ('problem' in mended) return [];
      const { confidence, finish } = answer;
      const said = {
        class: mended.className,
        raw: answer.raw,
        ...(confidence !== undefined && { confidence }),
        ...(finish !== undefined && { finish }),
      };
      return [lineOf(teacher, { input, asking }, said)];
    }),
  );
  if (lines.length > 0) await file.append(lines);
}
