/**
 * Lets chats write new inputs: a call's texts are on the disk before they count, so that whatever ends the process, a later
 * one goes on where this one was. What was under way at that moment is paid for in vain; nothing else is.
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
  /** HTTP requests, those that are repeated included; undefined: any number. */
  readonly maxCalls?: number | undefined;
  /** What the lines of the file cost is spent already. */
  readonly maxCosts: readonly MaxCost[];
  /** Once it aborts nothing more is asked. */
  readonly signal: AbortSignal;
  /** Told of new texts of each call, and of tries that failed. */
  readonly progress: (teacher: string, kept: number) => void;
  readonly retried: (teacher: string, reason: string, waitMs: number) => void;
}

export interface WrittenQuestions {
  readonly calls: number;
  readonly kept: number;
  /** Texts that were dropped, by the first words of why. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly costs: readonly WritingCost[];
  /** By teacher, why it did not write all. */
  readonly failures: readonly TeacherFailure[];
}

/** Every teacher at its own pace; one that fails stops no other. */
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
