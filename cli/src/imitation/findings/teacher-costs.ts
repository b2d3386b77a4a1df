/** The cost of all answers so far, and the cost of asking again for those of little worth. Pure. */
import type { Imitation, ImitationTeacher } from '@lyceum/learning/specification';
import {
  AGAIN,
  type Again,
  againBy,
  answerKey,
  type ImitationAnswer,
  latestAnswers,
  openQuestions,
  questionsCost,
} from '../asking/index.js';
import type { ImitationInput } from '../inputs/index.js';

/** The questions that `collect --again REASON` would ask again. */
export interface Repair {
  readonly reason: Again;
  readonly answers: number;
  readonly inputs: number;
  readonly calls: number;
  /** Undefined: the description has no price. */
  readonly cost?: number;
}

export interface TeacherCosts {
  readonly name: string;
  /** Number of lines, replaced ones included. */
  readonly answers: number;
  /** Tokens of a chat; undefined: no line has token counts. */
  readonly tokens?: {
    readonly input: number;
    /** Input tokens that the server had in its cache. */
    readonly cached: number;
    readonly output: number;
    /** Token counts of at least one line are an estimate, because the server reported none. */
    readonly isEstimated: boolean;
  };
  /** By the prices at the time of each answer; undefined: no line has a cost. */
  readonly cost?: number;
  readonly currency: string;
  /** One entry for each reason that has answers to ask again. */
  readonly repairs: readonly Repair[];
}

/** @param lines - all lines of the answers file. */
export function costsOf(
  imitation: Imitation,
  inputs: readonly ImitationInput[],
  lines: readonly ImitationAnswer[],
): TeacherCosts[] {
  const answers = latestAnswers(lines);
  return imitation.spec.teachers.map((teacher) => {
    const own = lines.filter((line) => line.teacher === teacher.name);
    const paid = own.flatMap(({ cost }) => cost ?? []);
    const usages = own.flatMap(({ usage }) => usage ?? []);
    const sum = (of: (usage: (typeof usages)[number]) => number) =>
      usages.reduce((all, usage) => all + of(usage), 0);
    return {
      name: teacher.name,
      answers: own.length,
      ...(usages.length > 0 && {
        tokens: {
          input: sum(({ inputTokens }) => inputTokens),
          cached: sum(({ cachedTokens = 0 }) => cachedTokens),
          output: sum(({ outputTokens }) => outputTokens),
          isEstimated: usages.some(({ estimated }) => estimated === true),
        },
      }),
      ...(paid.length > 0 && { cost: paid.reduce((all, cost) => all + cost, 0) }),
      currency: teacher.endpoint.price.currency,
      repairs: AGAIN.flatMap((reason) => repairOf(imitation, teacher, inputs, answers, reason)),
    };
  });
}

function repairOf(
  { spec }: Imitation,
  teacher: ImitationTeacher,
  inputs: readonly ImitationInput[],
  answers: ReadonlyMap<string, ImitationAnswer>,
  reason: Again,
): Repair[] {
  const answered = openQuestions(
    teacher,
    spec.classes,
    inputs,
    answers,
    againBy(reason, spec),
  ).filter(({ asking, input }) => {
    const answer = answers.get(answerKey({ teacher: teacher.name, id: input.id, ...asking }));
    return answer !== undefined && answer.open !== true;
  });
  if (answered.length === 0) return [];
  const { calls, cost } = questionsCost(teacher, spec.classes, answered);
  return [
    {
      reason,
      answers: answered.length,
      inputs: new Set(answered.map(({ input }) => input.id)).size,
      calls,
      ...(cost !== undefined && { cost }),
    },
  ];
}
