/**
 * Lets chats write new inputs. A call's texts count once they are on the disk: after a crash the next process goes on
 * from there. Only calls that were under way at the crash were paid for in vain.
 */
import type { Imitation } from '@lyceum/learning/specification';
import type { Outside } from '@lyceum/platform';
import {
  Budgets,
  CallLimit,
  eachTeacher,
  type MaxCost,
  type TeacherFailure,
} from '../asking/index.js';
import type { ImitationInput } from '../inputs/index.js';
import { planOf, type Writing } from './open-writing.js';
import type { QuestionLine, QuestionsFile } from './questions-file.js';
import { Sift } from './sift.js';
import { TeacherWriting, type WritingCost } from './teacher-writing.js';

export interface WritingOptions {
  readonly imitation: Imitation;
  readonly writing: Writing;
  /** The document's inputs, held-out ones included. */
  readonly inputs: readonly ImitationInput[];
  readonly file: QuestionsFile;
  readonly outside: Outside;
  /** Most HTTP requests, repeated ones included; undefined: any number. */
  readonly maxCalls?: number | undefined;
  /** Budgets; the cost of the lines in the file counts as spent. */
  readonly maxCosts: readonly MaxCost[];
  /** After it aborts, no more texts are asked for. */
  readonly signal: AbortSignal;
  /** Called with the number of new texts of each call, and (`retried`) for each failed try. */
  readonly progress: (teacher: string, kept: number) => void;
  readonly retried: (teacher: string, reason: string, waitMs: number) => void;
}

export interface WrittenQuestions {
  readonly calls: number;
  readonly kept: number;
  /** Number of dropped texts, by the reason's words before the colon. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly costs: readonly WritingCost[];
  /** Teachers that did not write all, with the reason. */
  readonly failures: readonly TeacherFailure[];
}

/** Asks every teacher at its own pace: a teacher that fails stops no other. */
export async function writeQuestions(options: WritingOptions): Promise<WrittenQuestions> {
  const { imitation, writing, inputs, file, outside, maxCosts, signal } = options;
  const { maxCalls, progress, retried } = options;
  const before = file.lines.length;
  const budgets = new Budgets(imitation, maxCosts, file.spent);
  const plan = planOf(writing, file.lines);
  const kept = file.lines.flatMap(({ text, dropped }) => (dropped === undefined ? [text] : []));
  const sift = new Sift(inputs, kept);
  const limit = new CallLimit(maxCalls, signal);
  const writers = writing.teachers.map(
    (teacher) =>
      new TeacherWriting({
        teacher,
        writing,
        plan,
        sift,
        file,
        outside,
        budgets,
        allow: limit.allow,
        signal,
        progress: (own) => progress(teacher.name, own),
        retried: (reason, waitMs) => retried(teacher.name, reason, waitMs),
      }),
  );
  const failures = await eachTeacher(writing.teachers, async (_, k) => writers[k]?.write());
  const lines = file.lines.slice(before);
  return {
    calls: limit.made,
    kept: lines.filter(({ dropped }) => dropped === undefined).length,
    dropped: reasonsOf(lines),
    costs: writers.map(({ cost }) => cost),
    failures,
  };
}

function reasonsOf(lines: readonly QuestionLine[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { dropped } of lines) {
    if (dropped === undefined) continue;
    const [reason = ''] = dropped.split(':', 1);
    counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return counts;
}
