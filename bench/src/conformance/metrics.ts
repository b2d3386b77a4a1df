/** Checks `@lyceum/learning/ensemble` against the metrics of a vector file; an unknown metric fails. */
import {
  accuracy,
  agreement,
  agreementWhereTeacherWrong,
  brier,
  ece,
  klDivergence,
  nll,
  topKAccuracy,
  totalVariation,
} from '@lyceum/learning/ensemble';
import { type Case, expectClose } from './case.js';

interface Outputs {
  readonly student: Float64Array;
  readonly teacher: Float64Array;
  readonly labels: Int32Array;
  readonly classCount: number;
}

const METRICS: Readonly<Record<string, (outputs: Outputs) => number>> = {
  accuracy: ({ student, labels, classCount }) => accuracy(student, labels, classCount),
  top2Accuracy: ({ student, labels, classCount }) => topKAccuracy(student, labels, classCount, 2),
  nll: ({ student, labels, classCount }) => nll(student, labels, classCount),
  brier: ({ student, labels, classCount }) => brier(student, labels, classCount),
  ece10: ({ student, labels, classCount }) => ece(student, labels, classCount, 10),
  ece15: ({ student, labels, classCount }) => ece(student, labels, classCount, 15),
  agreement: ({ student, teacher, labels, classCount }) =>
    agreement(student, teacher, labels.length, classCount),
  klTeacherStudent: ({ student, teacher, labels, classCount }) =>
    klDivergence(teacher, student, labels.length, classCount),
  klStudentTeacher: ({ student, teacher, labels, classCount }) =>
    klDivergence(student, teacher, labels.length, classCount),
  tvd: ({ student, teacher, labels, classCount }) =>
    totalVariation(student, teacher, labels.length, classCount),
  teacherAccuracy: ({ teacher, labels, classCount }) => accuracy(teacher, labels, classCount),
  agreementWhereTeacherWrong: ({ student, teacher, labels, classCount }) =>
    agreementWhereTeacherWrong(student, teacher, labels, classCount),
};

/** Keys of the file; `definitions` is for readers. */
export const names: ReadonlySet<string> = new Set(['definitions', 'cases']);

interface VectorCase {
  readonly id: string;
  readonly input: {
    readonly studentLogits: readonly (readonly number[])[];
    readonly teacherLogits: readonly (readonly number[])[];
    readonly labels: readonly number[];
  };
  readonly expected: Readonly<Record<string, number | null>>;
}

export function cases(file: unknown): Case[] {
  const { cases: list = [] } = file as { readonly cases?: readonly VectorCase[] };
  return list.flatMap(({ id, input, expected }) => {
    const outputs: Outputs = {
      student: Float64Array.from(input.studentLogits.flat()),
      teacher: Float64Array.from(input.teacherLogits.flat()),
      labels: Int32Array.from(input.labels),
      classCount: input.studentLogits[0]?.length ?? 0,
    };
    return Object.entries(expected).map(([metric, value]) => ({
      id: `${metric}/${id}`,
      run: () => {
        const compute = METRICS[metric];
        if (compute === undefined) throw new Error(`unknown name ${metric}`);
        const actual = compute(outputs);
        // "No result" is NaN in the code and null in JSON.
        expectClose(Number.isNaN(actual) ? null : actual, value, 1e-10, metric);
      },
    }));
  });
}
