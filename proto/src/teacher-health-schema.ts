/** What a run asks of its teachers before it trusts them. */
import { list, section, text, word } from './document-schema.js';
import type { Problem } from './errors.js';

export const teacherHealthFields = {
  /**
   * `strict`: workers whose answers differ in bits from those of the first one with that teacher are given no tickets
   * of it. `relaxed`: they answer if the difference is within the tolerance for sound replicas, and the report says
   * `bitExact: false` and why.
   */
  determinism: word('strict', 'relaxed').default('relaxed'),
  teacherHealth: section({
    /**
     * What to do about a teacher that knows no more of its probe than chance does, or says the same of each row: `refuse`
     * holds the run before TRAINING until its teachers are known, and fails it if there is one like that; `warn` trains
     * all the same.
     */
    atChance: word('refuse', 'warn').default('refuse'),
    /** Names of teachers that are taken all the same; the report says so. */
    accept: list(text("a teacher's name", /./s), 'a list of names of teachers', {
      atLeast: 1,
      atMost: 64,
    }).optional(),
  }).prefault({}),
};

/** @param accepted - `spec.teacherHealth.accept` as it was written. */
export function teacherHealthProblems(
  accepted: readonly unknown[],
  teachers: readonly Readonly<Record<string, unknown>>[],
): Problem[] {
  const names = teachers.map(({ name }) => name);
  return accepted.flatMap((name, index) => {
    if (typeof name !== 'string' || names.includes(name)) return [];
    const message = `"${name}" is none of spec.teachers; they are ${names.join(', ')}`;
    return [{ path: `spec.teacherHealth.accept[${index}]`, message }];
  });
}
