/** The calls of one teacher that writes: until all its texts are written, or its calls bring nothing new. */
import type { Endpoint, ImitationTeacher } from '@lyceum/learning/specification';
import { endpointCaller, inLanes, type JsonCaller, type Outside } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import {
  type Budgets,
  costOf,
  greatestCost,
  type Hold,
  NOTHING_PAID,
  type Paid,
  type PaidFigures,
  paidFigures,
  partOf,
  sumOf,
  usageOf,
} from '../asking/index.js';
import { askForTexts } from './ask-for-texts.js';
import { expectedPaid, nextCallOf, type Writing, writingRequest } from './open-writing.js';
import type { QuestionLine, QuestionsFile } from './questions-file.js';
import type { Sift } from './sift.js';
import { FRUITLESS_CALLS, type WritingCall, type WritingPlan } from './writing-plan.js';

export interface TeacherWritingOptions {
  readonly teacher: ImitationTeacher;
  readonly writing: Writing;
  readonly plan: WritingPlan;
  readonly sift: Sift;
  readonly file: QuestionsFile;
  readonly outside: Outside;
  readonly budgets: Budgets;
  /** Called before each HTTP request; throws if no more requests are allowed. */
  readonly allow: () => void;
  readonly signal: AbortSignal;
  readonly progress: (kept: number) => void;
  readonly retried: (reason: string, waitMs: number) => void;
}

/** A teacher's calls of this process, and their cost. */
export interface WritingCost extends PaidFigures {
  readonly teacher: string;
  /** Number of texts, dropped ones included. */
  readonly texts: number;
  readonly calls: number;
}

interface UnderWay {
  readonly hold: Hold;
  paid: Paid;
}

export class TeacherWriting {
  readonly #options: TeacherWritingOptions;
  readonly #endpoint: Endpoint;
  /** Cost of the lines that the file had before. */
  readonly #spent: number;
  /** By the body of the call. */
  readonly #underWay = new Map<unknown, UnderWay>();
  #next: number;
  #calls = 0;
  #texts = 0;
  #total: Paid = NOTHING_PAID;
  #estimated: Paid = NOTHING_PAID;

  constructor(options: TeacherWritingOptions) {
    const { teacher, file } = options;
    this.#options = options;
    this.#endpoint = writersEndpoint(teacher, options.writing);
    this.#next = nextCallOf(file.lines, teacher.name);
    this.#spent = file.spent.get(teacher.name) ?? 0;
  }

  /** @throws {LyceumError} saying why the teacher did not write all texts. */
  async write(): Promise<void> {
    const { teacher, plan, outside, signal, allow, retried } = this.#options;
    const { name } = teacher;
    const { concurrency } = this.#endpoint;
    if (plan.openOf(name) === 0) return;
    const caller = endpointCaller(this.#endpoint, outside, {
      quotes: true,
      allow: (body) => {
        this.#underWay.get(body)?.hold.check();
        allow();
        this.#calls += 1;
      },
      answered: (body, response) => this.#pay(body, response),
      retried,
    });
    // A round ends once all wanted texts are under way; the next round asks for new ones in place of dropped texts.
    while (plan.openOf(name) > 0) {
      await inLanes(callsOf(plan, name), concurrency, signal, (call) => this.#call(call, caller));
    }
    const givenUp = plan.givenUpOf(name).map((wanted) => wanted ?? 'any class');
    if (givenUp.length === 0) return;
    const message = `its last ${FRUITLESS_CALLS} calls for ${givenUp.join(', ')} brought nothing new; questions.jsonl says why. Want another prompt, temperature or more seeds`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }

  get cost(): WritingCost {
    const estimated = costOf(this.#endpoint, this.#estimated);
    return {
      teacher: this.#options.teacher.name,
      texts: this.#texts,
      calls: this.#calls,
      inputTokens: 0,
      outputTokens: 0,
      ...paidFigures(this.#endpoint, this.#total, estimated, this.#spent),
    };
  }

  async #call(call: WritingCall, caller: JsonCaller): Promise<void> {
    const { writing, plan, sift, file, budgets, signal, progress } = this.#options;
    const endpoint = this.#endpoint;
    const { body, said } = writingRequest(writing, call, this.#next);
    this.#next += 1;
    const hold = await budgets.hold(call.teacher, greatestCost(endpoint, body, 1), signal);
    const underWay = { hold, paid: NOTHING_PAID };
    this.#underWay.set(body, underWay);
    const { texts, failure } = await askForTexts(caller, body, signal);
    this.#underWay.delete(body);
    hold.release();
    const { paid } = underWay;
    // A failed call that cost nothing leaves no line.
    if (failure !== undefined && paid.calls === 0) throw failure;
    this.#estimated = sumOf(this.#estimated, expectedPaid(body, writing.questions.maxTokens));
    const at = new Date().toISOString();
    const room = plan.room(call);
    let kept = 0;
    const lines = texts.map(({ text, dropped: unread }, k): QuestionLine => {
      const dropped = unread ?? (kept < room ? sift.judge(text) : 'too many: no more are wanted');
      if (dropped === undefined) kept += 1;
      const part = partOf(paid, k, texts.length);
      const { usage } = part;
      const cost = costOf(endpoint, part);
      return {
        text,
        ...said,
        ...(dropped !== undefined && { dropped }),
        ...(usage !== undefined && { usage }),
        ...(cost !== undefined && { cost }),
        at,
      };
    });
    plan.done(call, kept);
    await file.append(lines);
    this.#texts += lines.length;
    progress(kept);
    if (failure !== undefined) throw failure;
  }

  /** @param response - undefined: the response is no JSON. */
  #pay(body: unknown, response: unknown): void {
    const own = this.#underWay.get(body);
    if (own === undefined) return;
    const usage = usageOf(body, response, this.#options.writing.questions.maxTokens);
    const paid = { calls: 1, usage };
    own.paid = sumOf(own.paid, paid);
    this.#total = sumOf(this.#total, paid);
    own.hold.spend(costOf(this.#endpoint, paid) ?? 0);
  }
}

/** The teacher's endpoint for writing: without its own prompt, and with longer answers. */
function writersEndpoint({ endpoint }: ImitationTeacher, { questions }: Writing): Endpoint {
  const { chat, ...rest } = endpoint;
  const { maxTokens } = questions;
  return { ...rest, chat: chat && { ...chat, prompt: '', maxTokens } };
}

function* callsOf(plan: WritingPlan, teacher: string): Generator<WritingCall> {
  for (;;) {
    const call = plan.next(teacher);
    if (call === undefined) return;
    yield call;
  }
}
