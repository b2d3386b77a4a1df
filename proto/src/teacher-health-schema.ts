/** What a run asks of its teachers before it trusts them. */
import { section, word } from './document-schema.js';

export const teacherHealthFields = {
  /**
   * `strict`: workers whose answers differ in bits from those of the first one with that teacher are given no tickets
   * of it. `relaxed`: they answer if the difference is within the tolerance for sound replicas, and the report says
   * `bitExact: false` and why.
   */
  determinism: word('strict', 'relaxed').default('relaxed'),
  teacherHealth: section({
    /**
     * What to do about a teacher that knows no more of its probe than chance does, or says
     * the same of each: `warn` trains all the same; `refuse` holds the run before TRAINING until all teachers are
     * known, and fails it if there is one like that.
     */
    atChance: word('warn', 'refuse').default('warn'),
  }).prefault({}),
};
