/** The new inputs that are wanted: by which teacher, after which examples, at what cost. Pure. */
import { promptTokens } from '@lyceum/learning/formats';
import type { Imitation, ImitationTeacher, Questions } from '@lyceum/learning/specification';
import { LyceumError, sha256Hex } from '@lyceum/proto';
import {
  costOf,
  type ImitationAnswer,
  NOTHING_PAID,
  type Paid,
  type QuestionsCost,
  sumOf,
} from '../asking/index.js';
import type { ImitationInput } from '../inputs/index.js';
import { judge } from '../judging/index.js';
import type { QuestionLine } from './questions-file.js';
import { promptTemplate, SeedPool, writingPrompt } from './seeds.js';
import { type WritingCall, WritingPlan } from './writing-plan.js';
import { requireRoomForQuestions } from './written-inputs.js';

export interface Writing {
  readonly questions: Questions;
  /** The teachers that write. */
  readonly teachers: readonly ImitationTeacher[];
  readonly pool: SeedPool;
  /** The classes that are wanted; `[undefined]`: no class is known. */
  readonly classes: readonly (string | undefined)[];
}

/**
 * @param path - of the document.
 * @param answers - give the class of inputs without a label.
 * @throws {LyceumError} INVALID_ARGUMENT if the document wants no new inputs, or no input can be shown as an example.
 */
export function openWriting(
  path: string,
  imitation: Imitation,
  inputs: readonly ImitationInput[],
  answers: ReadonlyMap<string, ImitationAnswer>,
): Writing {
  const { questions, teachers, classes, inputs: described } = imitation.spec;
  if (questions === undefined) {
    const message = `${path}: has no spec.questions, which says how many new inputs are wanted`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  requireRoomForQuestions(inputs, described, 'new texts are wanted');
  const pool = new SeedPool(inputs, knownClasses(imitation, inputs, answers));
  return {
    questions,
    teachers: teachers.filter(({ name, endpoint }) =>
      questions.teachers === undefined
        ? endpoint.chat !== undefined
        : questions.teachers.includes(name),
    ),
    pool,
    classes: pool.classes(questions, classes),
  };
}

export function planOf(
  { questions, teachers, classes }: Writing,
  written: readonly QuestionLine[],
): WritingPlan {
  const names = teachers.map(({ name }) => name);
  return new WritingPlan(questions, classes, names, written);
}

/** By input id: the label, else the consensus of the answers. */
function knownClasses(
  imitation: Imitation,
  inputs: readonly ImitationInput[],
  answers: ReadonlyMap<string, ImitationAnswer>,
): Map<string, string> {
  const spec = { ...imitation.spec, check: { rules: [] } };
  const judged = judge({ ...imitation, spec }, inputs, answers).inputs;
  return new Map(
    judged.flatMap(({ id, label, consensus }): [string, string][] => {
      const known = label ?? consensus;
      return known === undefined ? [] : [[id, known]];
    }),
  );
}

/** The body of a call, and the fields about the call in its lines. */
export interface WritingRequest {
  readonly body: {
    readonly messages: readonly { readonly role: string; readonly content: string }[];
  };
  readonly said: Pick<QuestionLine, 'teacher' | 'call' | 'wanted' | 'seeds' | 'prompt'>;
}

/** @param call - number of the call among the teacher's calls. */
export function writingRequest(
  { questions, teachers, pool }: Writing,
  { teacher, wanted, count }: WritingCall,
  call: number,
): WritingRequest {
  const { endpoint } = teachers.find(({ name }) => name === teacher) as ImitationTeacher;
  const { temperature, maxTokens } = questions;
  const seeds = pool.draw(wanted, questions, teacher, call);
  const content = writingPrompt(questions, wanted, seeds, count);
  // Without the system message: that tells the chat how to answer, and here it should write.
  const fixed = { model: endpoint.chat?.model, temperature, max_tokens: maxTokens };
  const template = promptTemplate(questions.prompt, wanted);
  const digest = sha256Hex(JSON.stringify({ url: endpoint.url, ...fixed, template }));
  return {
    body: { ...fixed, messages: [{ role: 'user', content }] },
    said: {
      teacher,
      call,
      ...(wanted !== undefined && { wanted }),
      seeds: seeds.map(({ id }) => id),
      prompt: digest.slice(0, 16),
    },
  };
}

/** The number of a teacher's next call. */
export function nextCallOf(written: readonly QuestionLine[], teacher: string): number {
  return written.reduce(
    (next, line) => (line.teacher === teacher ? Math.max(next, line.call + 1) : next),
    0,
  );
}

/** What the open texts will cost if no text is dropped. */
export interface WritingEstimate extends QuestionsCost {
  readonly teacher: string;
  /** Texts that the file has, without dropped ones. */
  readonly written: number;
  readonly open: number;
  /** Cost of all lines of the file. Undefined: the description has no price. */
  readonly spent?: number;
}

/** @param spent - by teacher, before this process. */
export function estimateWriting(
  writing: Writing,
  written: readonly QuestionLine[],
  spent: ReadonlyMap<string, number>,
): WritingEstimate[] {
  const plan = planOf(writing, written);
  return writing.teachers.map(({ name, endpoint }) => {
    const first = nextCallOf(written, name);
    const open = plan.openOf(name);
    let paid = NOTHING_PAID;
    for (let call = plan.next(name); call !== undefined; call = plan.next(name)) {
      const { body } = writingRequest(writing, call, first + paid.calls);
      paid = sumOf(paid, expectedPaid(body, writing.questions.maxTokens));
    }
    const { calls, usage: tokens } = paid;
    const cost = costOf(endpoint, paid);
    const { currency } = endpoint.price;
    return {
      teacher: name,
      written: written.filter((own) => own.teacher === name && own.dropped === undefined).length,
      open,
      calls,
      ...tokens,
      ...(cost !== undefined && { cost, currency, spent: spent.get(name) ?? 0 }),
    };
  });
}

/** The cost of one call whose answer has the greatest length. */
export function expectedPaid(body: unknown, maxTokens: number): Paid {
  return { calls: 1, usage: { inputTokens: promptTokens(body), outputTokens: maxTokens } };
}
