/** Which questions are still to be asked, and what that will cost. Pure. */
import { promptTokens, requestBody } from '@lyceum/learning/formats';
import {
  type Endpoint,
  hasPrice,
  type Imitation,
  type ImitationTeacher,
} from '@lyceum/learning/specification';
import type { ImitationInput } from '../inputs/index.js';
import { answerKey, type ImitationAnswer, isUnreadable } from './answers-file.js';
import { type Asking, askingsOf } from './askings.js';

/** One answer to one input. */
export interface Question {
  readonly input: ImitationInput;
  readonly asking: Asking;
}

/** What a teacher has not answered; where unreadable answers are to be asked for again, these too. All of an input stand together. */
export function openQuestions(
  teacher: ImitationTeacher,
  classes: readonly string[],
  inputs: readonly ImitationInput[],
  answers: ReadonlyMap<string, ImitationAnswer>,
  again = false,
): Question[] {
  const askings = askingsOf(teacher, classes);
  return inputs.flatMap((input) =>
    askings
      .filter((asking) => {
        const answer = answers.get(answerKey({ teacher: teacher.name, id: input.id, ...asking }));
        return answer === undefined || (again && isUnreadable(answer));
      })
      .map((asking) => ({ input, asking })),
  );
}

/** What one call asks about: at most `batch` inputs, of each the same answer. */
export function batchesOf(questions: readonly Question[], batch: number): Question[][] {
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

export interface CostEstimate {
  readonly teacher: string;
  readonly answered: number;
  readonly open: number;
  /** Without those that have to be repeated. */
  readonly calls: number;
  /** Of a chat. */
  readonly inputTokens?: number;
  /** At most. */
  readonly outputTokens?: number;
  /** Undefined: the description has no price. */
  readonly cost?: number;
  readonly currency?: string;
}

export function estimateCosts(
  { spec }: Imitation,
  inputs: readonly ImitationInput[],
  answers: ReadonlyMap<string, ImitationAnswer>,
  again = false,
): CostEstimate[] {
  return spec.teachers.map((teacher) => {
    const { batch, chat } = teacher.endpoint;
    const open = openQuestions(teacher, spec.classes, inputs, answers, again);
    const calls = batchesOf(open, batch).length;
    const counted = {
      teacher: teacher.name,
      answered: inputs.length * teacher.ask.answers - open.length,
      open: open.length,
      calls,
    };
    if (chat === undefined) return { ...counted, ...costOf(teacher.endpoint, calls, 0, 0) };
    const inputTokens = open.reduce((sum, own) => sum + inputTokensOf(own, spec.classes), 0);
    const outputTokens = calls * chat.maxTokens;
    return {
      ...counted,
      inputTokens,
      outputTokens,
      ...costOf(teacher.endpoint, calls, inputTokens, outputTokens),
    };
  });
}

export function costOf(
  endpoint: Pick<Endpoint, 'price'>,
  calls: number,
  inputTokens: number,
  outputTokens: number,
): Pick<CostEstimate, 'cost' | 'currency'> {
  if (!hasPrice(endpoint)) return {};
  const { perCall, per1kInputTokens, per1kOutputTokens, currency } = endpoint.price;
  const perToken = (inputTokens * per1kInputTokens + outputTokens * per1kOutputTokens) / 1000;
  return { cost: calls * perCall + perToken, currency };
}

function inputTokensOf({ asking, input }: Question, classes: readonly string[]): number {
  const said = 'text' in input.value ? input.value.text : '';
  return promptTokens(requestBody(asking.endpoint, [said], classes));
}
