/** The questions that are still to be asked, and their cost. Pure. */
import { promptTokens } from '@lyceum/learning/formats';
import { hasPrice, type Imitation, type ImitationTeacher } from '@lyceum/learning/specification';
import type { ImitationInput } from '../inputs/index.js';
import {
  answerKey,
  type ImitationAnswer,
  isCutOff,
  isRefused,
  isUnreadable,
} from './answers-file.js';
import { type Asking, askingsOf } from './askings.js';
import { callBody } from './chat-request.js';
import { costOf } from './costs.js';
import { Manners } from './manners.js';

/** Reasons to ask for an existing answer again. */
export const AGAIN = ['unreadable', 'refused', 'truncated', 'inconsistent'] as const;

export type Again = (typeof AGAIN)[number];

/** Takes one teacher's answers to an input, and says which of them are asked for again. */
type AsksAgain = (answers: readonly ImitationAnswer[]) => (answer: ImitationAnswer) => boolean;

/** Least share of a teacher's answers that name the same class, if the document has no rule self-consistency. */
const CONSISTENT_SHARE = 0.6;

/** The question for one answer to one input. */
export interface Question {
  readonly input: ImitationInput;
  readonly asking: Asking;
}

/** Questions without an answer, and answers that are asked for again. The questions about an input stand together. */
export function openQuestions(
  teacher: ImitationTeacher,
  classes: readonly string[],
  inputs: readonly ImitationInput[],
  answers: ReadonlyMap<string, ImitationAnswer>,
  asksAgain: AsksAgain = () => () => false,
): Question[] {
  const askings = askingsOf(teacher, classes);
  return inputs.flatMap((input) => {
    const own = askings.map((asking) => {
      const answer = answers.get(answerKey({ teacher: teacher.name, id: input.id, ...asking }));
      return { asking, answer };
    });
    const isAgain = asksAgain(own.flatMap(({ answer }) => answer ?? []));
    return own.flatMap(({ asking, answer }) =>
      answer === undefined || answer.open === true || isAgain(answer) ? [{ input, asking }] : [],
    );
  });
}

/** Answers are inconsistent if they fail the document's rule self-consistency. */
export function againBy(
  again: Again | undefined,
  { check }: Imitation['spec'],
): AsksAgain | undefined {
  if (again === undefined) return undefined;
  if (again === 'unreadable') return () => isUnreadable;
  if (again === 'refused') return () => isRefused;
  if (again === 'truncated') return () => isCutOff;
  const [atLeast = CONSISTENT_SHARE] = check.rules.flatMap((own) =>
    own.rule === 'self-consistency' ? [own.atLeast] : [],
  );
  return (answers) => {
    const named = answers.filter(({ problem }) => problem === undefined);
    const counts = new Map<string | null, number>();
    for (const { class: own } of named) counts.set(own, (counts.get(own) ?? 0) + 1);
    const isConsistent = Math.max(0, ...counts.values()) / named.length >= atLeast;
    return ({ problem }) => !isConsistent && problem === undefined;
  };
}

/** Questions of each call. A chat: one input, one prompt, all open answers. Other endpoints: a batch of inputs. */
export function callsOf(
  { endpoint }: ImitationTeacher,
  questions: readonly Question[],
): Question[][] {
  if (endpoint.chat === undefined) return batchesOf(questions, endpoint.batch);
  const calls = new Map<string, Question[]>();
  for (const question of questions) {
    const { input, asking } = question;
    const key = `${input.id} ${asking.asked}`;
    const own = calls.get(key);
    if (own === undefined) calls.set(key, [question]);
    else own.push(question);
  }
  return [...calls.values()];
}

/** Batches of at most `batch` inputs; all questions of a batch have the same answer number. */
function batchesOf(questions: readonly Question[], batch: number): Question[][] {
  const filling = new Map<number, Question[]>();
  const batches: Question[][] = [];
  for (const question of questions) {
    const { answer } = question.asking;
    const last = filling.get(answer);
    if (last !== undefined && last.length < batch) last.push(question);
    else {
      const own = [question];
      filling.set(answer, own);
      batches.push(own);
    }
  }
  return batches;
}

/** What questions will cost if every answer takes one call. */
export interface QuestionsCost {
  /** Calls, without repeated ones. */
  readonly calls: number;
  /** Tokens of a chat. */
  readonly inputTokens?: number;
  /** Upper bound of a chat's tokens. */
  readonly outputTokens?: number;
  /** Undefined: the description has no price. */
  readonly cost?: number;
  readonly currency?: string;
}

export interface CostEstimate extends QuestionsCost {
  readonly teacher: string;
  readonly answered: number;
  readonly open: number;
  /** Cost of all lines of the file. Undefined: the description has no price. */
  readonly spent?: number;
}

/** @param spent - by teacher, before this process. */
export function estimateCosts(
  { spec }: Imitation,
  inputs: readonly ImitationInput[],
  answers: ReadonlyMap<string, ImitationAnswer>,
  spent: ReadonlyMap<string, number>,
  again?: Again,
): CostEstimate[] {
  return spec.teachers.map((teacher) => {
    const { name } = teacher;
    const open = openQuestions(teacher, spec.classes, inputs, answers, againBy(again, spec));
    return {
      teacher: name,
      answered: inputs.length * teacher.ask.answers - open.length,
      open: open.length,
      ...questionsCost(teacher, spec.classes, open),
      ...(hasPrice(teacher.endpoint) && { spent: spent.get(name) ?? 0 }),
    };
  });
}

export function questionsCost(
  { endpoint, ask }: ImitationTeacher,
  classes: readonly string[],
  questions: readonly Question[],
): QuestionsCost {
  const { chat, batch, price } = endpoint;
  const calls = batchesOf(questions, batch).length;
  const { form } = new Manners(ask);
  const tokens = ({ asking, input }: Question) =>
    promptTokens(callBody(asking, ['text' in input.value ? input.value.text : ''], classes, form, 1)); // biome-ignore format: one line
  const usage = chat && {
    inputTokens: questions.reduce((sum, own) => sum + tokens(own), 0),
    outputTokens: questions.length * chat.maxTokens,
  };
  const cost = costOf(endpoint, { calls, usage });
  return { calls, ...usage, ...(cost !== undefined && { cost, currency: price.currency }) };
}
