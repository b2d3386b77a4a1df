/**
 * Asks black boxes about inputs, each question once. An answer counts once it is on the disk: after a crash the next
 * process goes on from there. Only calls that were under way at the crash may be made again.
 */
import type { Imitation, ImitationTeacher } from '@lyceum/learning/specification';
import { endpointCaller, inLanes, type Outside } from '@lyceum/platform';
import type { ImitationInput } from '../inputs/index.js';
import {
  type AnswersFile,
  answerKey,
  type ImitationAnswer,
  isRefused,
  isUnreadable,
} from './answers-file.js';
import { askingsOf } from './askings.js';
import { Budgets, type MaxCost } from './budgets.js';
import { NOTHING_PAID, type PaidFigures, paidFigures } from './costs.js';
import { CallLimit, eachTeacher, Refusals, type TeacherFailure } from './ending/index.js';
import { Manners } from './manners.js';
import {
  type Again,
  againBy,
  callsOf,
  openQuestions,
  type Question,
  questionsCost,
} from './open-questions.js';
import { answerLineOf, readKeptRaw } from './read-response.js';
import { TeacherCalls, type TeacherCallsOptions } from './teacher-calls.js';

export interface CollectOptions {
  readonly imitation: Imitation;
  readonly inputs: readonly ImitationInput[];
  /** Folder of the images. */
  readonly folder: string;
  readonly file: AnswersFile;
  readonly outside: Outside;
  /** Kind of answers that are asked for again. */
  readonly again?: Again | undefined;
  /** Most HTTP requests of this collection, repeated ones included; undefined: any number. */
  readonly maxCalls?: number | undefined;
  readonly maxCosts: readonly MaxCost[];
  /** After it aborts, no more questions are asked. */
  readonly signal: AbortSignal;
  /** Called for each answer, for each failed try (`retried`), and for what a server does not take (`told`). */
  readonly progress: (teacher: string, answered: number) => void;
  readonly retried: (teacher: string, reason: string, waitMs: number) => void;
  readonly told: (teacher: string, text: string) => void;
}

/** A teacher's questions without a readable answer. */
export interface Unreadable {
  readonly teacher: string;
  /** Number of unreadable answers that were asked for again. */
  readonly retried: number;
  /** Questions that were not asked again before the collection ended: the next one does. */
  readonly open: number;
  /** Questions of the document that still have an unreadable answer after all attempts. */
  readonly left: number;
  /** Why the first of these answers cannot be read. */
  readonly problem?: string;
  /** Questions that the server refused. */
  readonly refused: number;
  /** Why the server refused the first of these. */
  readonly refusal?: string;
}

/** The answers that a teacher gave in this collection, and their cost. */
export interface CollectedCost extends PaidFigures {
  readonly teacher: string;
  readonly answers: number;
  readonly calls: number;
}

export interface Collected {
  readonly calls: number;
  readonly costs: readonly CollectedCost[];
  /** One entry for each teacher with unreadable or refused answers. */
  readonly unreadable: readonly Unreadable[];
  /** Teachers that did not answer all, with the reason. */
  readonly failures: readonly TeacherFailure[];
}

/** Asks every teacher at its own pace: a teacher that fails stops no other. */
export async function collectAnswers(options: CollectOptions): Promise<Collected> {
  const { imitation, file, maxCosts, maxCalls, signal } = options;
  const { teachers } = imitation.spec;
  const budgets = new Budgets(imitation, maxCosts, file.spent);
  const limit = new CallLimit(maxCalls, signal);
  const retried = new Map<string, number>();
  const own = teachers.map((teacher) => callsTo(teacher, options, budgets, limit.allow, retried));
  const failures = await eachTeacher(teachers, async (_, k) => own[k]?.run());
  const unreadable = teachers.flatMap((teacher) => {
    const counted = unreadableOf(teacher, options, retried.get(teacher.name) ?? 0);
    return counted.retried + counted.left + counted.refused > 0 ? [counted] : [];
  });
  const costs = teachers.map((teacher, k) => collectedCost(teacher, options, own[k]?.made()));
  return { calls: limit.made, costs, unreadable, failures };
}

/** The teacher's answers in the file to the document's present questions. */
function answersThere(
  teacher: ImitationTeacher,
  { imitation, inputs, file }: CollectOptions,
): ImitationAnswer[] {
  const { name } = teacher;
  const askings = askingsOf(teacher, imitation.spec.classes);
  return inputs.flatMap(({ id }) =>
    askings.flatMap(
      (asking) => file.answers.get(answerKey({ teacher: name, id, ...asking })) ?? [],
    ),
  );
}

function unreadableOf(
  teacher: ImitationTeacher,
  options: CollectOptions,
  retried: number,
): Unreadable {
  const there = answersThere(teacher, options);
  const left = there.filter((own) => isUnreadable(own) && own.open !== true);
  const refused = there.filter(isRefused);
  const [problem, refusal] = [left[0]?.problem, refused[0]?.problem];
  return {
    teacher: teacher.name,
    retried,
    open: there.filter((own) => own.open === true).length,
    left: left.length,
    ...(problem !== undefined && { problem }),
    refused: refused.length,
    ...(refusal !== undefined && { refusal }),
  };
}

interface TeacherRun {
  /** Prepares the teacher, and asks all open questions. */
  readonly run: () => Promise<void>;
  /** Undefined: the teacher was asked nothing. */
  readonly made: () => TeacherCalls | undefined;
}

function callsTo(
  teacher: ImitationTeacher,
  options: CollectOptions,
  budgets: Budgets,
  allow: () => void,
  unreadable: Map<string, number>,
): TeacherRun {
  const { imitation, inputs, folder, file, outside, again, signal, retried, progress, told } =
    options;
  const { name, endpoint, ask } = teacher;
  const { classes } = imitation.spec;
  const unread = (count: number) => unreadable.set(name, (unreadable.get(name) ?? 0) + count);
  let calls: TeacherCalls | undefined;
  const run = async (): Promise<void> => {
    await readAgain(teacher, options);
    const open = openQuestions(
      teacher,
      classes,
      inputs,
      file.answers,
      againBy(again, imitation.spec),
    );
    if (open.length === 0) return;
    const caller: TeacherCallsOptions['caller'] = (made) =>
      endpointCaller(endpoint, outside, {
        quotes: true,
        allow: (body) => made.allow(body as object),
        answered: (body, response) => made.pay(body as object, response),
        retried: (reason, waitMs, isUnread) => {
          if (isUnread) unread(1);
          retried(name, reason, waitMs);
        },
      });
    const manners = new Manners(ask);
    const refusals = new Refusals(answersThere(teacher, options).some((own) => !isRefused(own)));
    const own = new TeacherCalls({
      teacher,
      classes,
      folder,
      file,
      caller,
      manners,
      refusals,
      budgets,
      allow,
      signal,
      progress: (answered) => progress(name, answered),
      unread,
      told: (text) => told(name, text),
    });
    calls = own;
    await askAll(own, callsOf(teacher, open), manners, teacher, signal);
    refusals.end();
  };
  return { run, made: () => calls };
}

/** Makes the calls from which manners are learned first, one after another; then the others, concurrently. */
async function askAll(
  own: TeacherCalls,
  calls: Question[][],
  manners: Manners,
  { endpoint }: ImitationTeacher,
  signal: AbortSignal,
): Promise<void> {
  const { chat, concurrency } = endpoint;
  while (chat !== undefined && calls[0] !== undefined && manners.isNew(calls[0].length)) {
    signal.throwIfAborted();
    await own.ask(calls.shift() ?? []);
  }
  await inLanes(calls, concurrency, signal, (questions) => own.ask(questions));
}

function collectedCost(
  teacher: ImitationTeacher,
  { imitation, file }: CollectOptions,
  made: TeacherCalls | undefined,
): CollectedCost {
  const { name, endpoint } = teacher;
  const answered = [...(made?.answered ?? [])];
  const { cost: estimated } = questionsCost(teacher, imitation.spec.classes, answered);
  return {
    teacher: name,
    answers: made?.answerCount ?? 0,
    calls: made?.calls ?? 0,
    ...paidFigures(endpoint, made?.total ?? NOTHING_PAID, estimated, file.spent.get(name)),
  };
}

/** Reads unreadable answers again: the description may have been mended, and the answers are paid for. */
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
      const { raw, confidence, finish, model } = answer;
      const mended = readKeptRaw(asking, raw, classes);
      if (mended === undefined) return [];
      const said = {
        ...mended,
        raw,
        ...(confidence !== undefined && { confidence }),
        ...(finish !== undefined && { finish }),
        ...(model !== undefined && { model }),
      };
      // Without the cost, which the unreadable line has already; with the time of the original answer.
      return [{ ...answerLineOf(teacher, { input, asking }, said), at: answer.at }];
    }),
  );
  if (lines.length > 0) await file.append(lines);
}
