/**
 * The calls of one teacher: their questions, responses and costs. Readable answers are written to the disk at once.
 * Questions with an unreadable answer stay open for the next call, until the endpoint's attempts are used up.
 */
import { listProblem } from '@lyceum/learning/formats';
import type { ImitationTeacher } from '@lyceum/learning/specification';
import { HttpRefusedError, type JsonCaller, UnreadableAnswerError } from '@lyceum/platform';
import { toLyceumError } from '@lyceum/proto';
import { sentInput } from '../inputs/index.js';
import type { AnswersFile } from './answers-file.js';
import type { Budgets, Hold } from './budgets.js';
import { callBody } from './chat-request.js';
import {
  costFields,
  costOf,
  greatestCost,
  NOTHING_PAID,
  type Paid,
  partOf,
  sumOf,
  toldUsage,
} from './costs.js';
import { OF_THE_CALL, type Refusals } from './ending/index.js';
import { type Manners, REFUSES_MANNER } from './manners.js';
import type { Question } from './open-questions.js';
import {
  answerLineOf,
  choicesOf,
  ignoresSchema,
  isReadable,
  NOTHING_SAID,
  type Said,
  saidOf,
  usageOf,
} from './read-response.js';

export interface TeacherCallsOptions {
  readonly teacher: ImitationTeacher;
  readonly classes: readonly string[];
  /** Folder of the images. */
  readonly folder: string;
  readonly file: AnswersFile;
  /** The caller calls {@link TeacherCalls.allow} before each request and {@link TeacherCalls.pay} after it. */
  readonly caller: (calls: Pick<TeacherCalls, 'allow' | 'pay'>) => JsonCaller;
  readonly manners: Manners;
  readonly refusals: Refusals;
  readonly budgets: Budgets;
  /** Called before each HTTP request; throws if no more requests are allowed. */
  readonly allow: () => void;
  readonly signal: AbortSignal;
  readonly progress: (answered: number) => void;
  /** Called with the number of unreadable answers that came beside readable ones. */
  readonly unread: (count: number) => void;
  readonly told: (text: string) => void;
}

interface UnderWay {
  readonly now: readonly Question[];
  readonly hold: Hold;
}

export class TeacherCalls {
  readonly #options: TeacherCallsOptions;
  readonly #caller: JsonCaller;
  /** By the body of the call. */
  readonly #underWay = new WeakMap<object, UnderWay>();
  /** Cost of each open question so far. */
  readonly #paid = new Map<Question, Paid>();
  readonly #answered = new Set<Question>();
  /** Questions of these that the next collection asks again. */
  #openCount = 0;
  #total: Paid = NOTHING_PAID;
  #calls = 0;

  constructor(options: TeacherCallsOptions) {
    this.#options = options;
    this.#caller = options.caller(this);
  }

  /** Number of HTTP requests, repeated ones included. */
  get calls(): number {
    return this.#calls;
  }

  /** Everything that was paid, lost answers included. */
  get total(): Paid {
    return this.#total;
  }

  /** Questions whose answer is on the disk, readable or not. */
  get answered(): ReadonlySet<Question> {
    return this.#answered;
  }

  /** Number of these that are not asked again. */
  get answerCount(): number {
    return this.#answered.size - this.#openCount;
  }

  /**
   * Asks questions in one or more calls. A refused batch is asked again in halves, so that in the end only inputs that
   * are refused alone have no answer: at most 2n − 1 calls for n inputs.
   *
   * @param questions - for a chat, about one input and with one prompt; else one question about each of some inputs.
   */
  async ask(questions: readonly Question[]): Promise<void> {
    const { manners, refusals } = this.#options;
    const isChat = this.#options.teacher.endpoint.chat !== undefined;
    // A call for several answers was refused: a call for one answer shows whether their number was the reason.
    let isSingle = false;
    const parts = [questions];
    for (let [part] = parts; part !== undefined; [part] = parts) {
      const open = part.filter((question) => !this.#answered.has(question));
      if (open.length === 0) {
        parts.shift();
        continue;
      }
      const asksOne: boolean = isChat && (isSingle || manners.givesSeveral === false);
      const now: readonly Question[] = asksOne ? open.slice(0, 1) : open;
      try {
        await this.#call(now);
        refusals.taken();
        if (isSingle) this.#tell(manners.learn(false));
      } catch (err) {
        const status = err instanceof HttpRefusedError ? err.status : 0;
        if (isChat && REFUSES_MANNER.has(status)) {
          isSingle = now.length > 1 && manners.givesSeveral === undefined;
          if (isSingle || manners.next()) continue;
        }
        if (!OF_THE_CALL.has(status)) {
          await this.#writeUnread(questions, err);
          throw err;
        }
        const half = Math.ceil(open.length / 2);
        if (isChat || half === open.length) await this.#refuse(open, err, status);
        else parts.splice(0, 1, open.slice(0, half), open.slice(half));
      }
    }
  }

  /** Writes that the server refused the questions. @throws as {@link Refusals.refused}. */
  async #refuse(questions: readonly Question[], err: unknown, refused: number): Promise<void> {
    const { message: problem } = toLyceumError(err);
    await this.#write(questions, () => ({ ...NOTHING_SAID, problem, refused }));
    this.#options.refusals.refused(problem);
  }

  /** Makes one call, with its repetitions. @throws {HttpRefusedError} a refused call; as {@link JsonCaller.post}. */
  async #call(now: readonly Question[]): Promise<void> {
    const { teacher, classes, folder, manners, budgets, signal, unread } = this.#options;
    const { asking } = now[0] as Question;
    const isChat = asking.endpoint.chat !== undefined;
    const sent = await Promise.all(
      (isChat ? now.slice(0, 1) : now).map(({ input }) => sentInput(input.value, folder)),
    );
    // The body is the key of the call, so a plain text is wrapped into an object.
    const body: object = Object(callBody(asking, sent, classes, manners.form, now.length));
    const hold = await budgets.hold(
      teacher.name,
      greatestCost(asking.endpoint, body, now.length),
      signal,
    );
    // For each question the first readable answer counts, else the last answer.
    const said: (Said | undefined)[] = now.map(() => undefined);
    let came = 0;
    let isIgnored = false;
    this.#underWay.set(body, { now, hold });
    try {
      await this.#caller.post(body, signal, (response) => {
        isIgnored = isChat && manners.mayBeIgnored && ignoresSchema(response);
        if (isIgnored) return undefined;
        came = isChat ? Math.max(1, choicesOf(response)) : now.length;
        return this.#read(now.slice(0, came), response, said);
      });
    } catch (err) {
      if (err instanceof UnreadableAnswerError) {
        this.#tell(manners.take());
        const otherwise = { ...NOTHING_SAID, problem: err.message };
        await this.#write(came === 0 ? now : now.slice(0, came), (k) => said[k] ?? otherwise);
        return;
      }
      // Readable answers are paid for, so they are kept even if the call fails.
      await this.#writeReadable(now, said);
      if (!(err instanceof HttpRefusedError)) await this.#writeUnread(now, err, said);
      throw err;
    } finally {
      hold.release();
    }
    if (isIgnored) {
      manners.next();
      return;
    }
    this.#tell(manners.take());
    if (isChat && now.length > 1) this.#tell(manners.learn(came >= now.length));
    unread(said.filter((own) => own !== undefined && !isReadable(own)).length);
    await this.#writeReadable(now, said);
  }

  /**
   * Reads the answers of a response into `said`.
   *
   * @returns why the call must be made again; undefined: it need not be. A chat with one readable answer is not asked
   *   again here: its other answers get calls of their own.
   */
  #read(
    now: readonly Question[],
    response: unknown,
    said: (Said | undefined)[],
  ): string | undefined {
    const { teacher, classes } = this.#options;
    const wrongList = listProblem((now[0] as Question).asking.endpoint, response, now.length);
    if (wrongList !== undefined) return `the response ${wrongList}`;
    let problem: string | undefined;
    for (const [place, { asking }] of now.entries()) {
      if (isReadable(said[place])) continue;
      const own = saidOf(asking, response, place, classes);
      said[place] = own;
      if (own.problem !== undefined) problem ??= `the response ${own.problem}`;
    }
    return teacher.endpoint.chat !== undefined && said.some(isReadable) ? undefined : problem;
  }

  /** Called before each HTTP request; throws if no more requests are allowed. */
  allow(body: object): void {
    this.#underWay.get(body)?.hold.check();
    this.#options.allow();
    this.#calls += 1;
  }

  /** Books the cost of a response. @param response - of a status 2xx; undefined: it is no JSON. */
  pay(body: object, response: unknown): void {
    const { now, hold } = this.#underWay.get(body) as UnderWay;
    const { endpoint } = (now[0] as Question).asking;
    const { chat } = endpoint;
    const usage =
      chat === undefined
        ? toldUsage(response)
        : usageOf(body, response, now.length * chat.maxTokens);
    const paid = { calls: 1, usage };
    this.#total = sumOf(this.#total, paid);
    const came = chat === undefined || response === undefined ? now.length : choicesOf(response);
    const parts = Math.min(now.length, Math.max(1, came));
    for (const [k, question] of now.slice(0, parts).entries()) {
      const before = this.#paid.get(question) ?? NOTHING_PAID;
      this.#paid.set(question, sumOf(before, partOf(paid, k, parts)));
    }
    hold.spend(costOf(endpoint, paid) ?? 0);
  }

  async #writeReadable(
    now: readonly Question[],
    said: readonly (Said | undefined)[],
  ): Promise<void> {
    const readable = now.flatMap((question, place) => {
      const own = said[place];
      return isReadable(own) ? [{ question, own }] : [];
    });
    await this.#write(
      readable.map(({ question }) => question),
      (k) => readable[k]?.own ?? NOTHING_SAID,
    );
  }

  /** Writes questions that were paid for but have no readable answer, so that a line of the file has their cost. */
  async #writeUnread(
    questions: readonly Question[],
    thrown: unknown,
    said: readonly (Said | undefined)[] = [],
  ): Promise<void> {
    const problem = `the response could not be read, and asking again failed: ${toLyceumError(thrown).message}`;
    const otherwise = { ...NOTHING_SAID, problem };
    const own = questions.flatMap((question, place) => {
      const paid = this.#paid.get(question) ?? NOTHING_PAID;
      const isPaid = (costOf(question.asking.endpoint, paid) ?? 0) > 0;
      return isPaid && !this.#answered.has(question) ? [{ question, said: said[place] }] : [];
    });
    await this.#write(
      own.map(({ question }) => question),
      (k) => ({ ...(own[k]?.said ?? otherwise), open: true }),
    );
  }

  async #write(questions: readonly Question[], said: (k: number) => Said): Promise<void> {
    if (questions.length === 0) return;
    const { teacher, file, progress } = this.#options;
    const lines = questions.map((question, k) => {
      const paid = this.#paid.get(question);
      return {
        ...answerLineOf(teacher, question, said(k)),
        ...costFields(question.asking.endpoint, paid),
      };
    });
    await file.append(lines);
    for (const question of questions) {
      this.#answered.add(question);
      this.#paid.delete(question);
    }
    const openCount = lines.filter(({ open }) => open === true).length;
    this.#openCount += openCount;
    progress(questions.length - openCount);
  }

  #tell(text: string | undefined): void {
    if (text !== undefined) this.#options.told(text);
  }
}
