/** What a run asks of its teachers before it trusts them. */
import { word } from './document-schema.js';

export const teacherHealthFields = {
  /**
   * `strict`: workers whose answers differ in bits from those of the first one with that teacher are given no tickets
   * of it. `relaxed`: they answer if the difference is within the tolerance for sound replicas, and the report says
   * `bitExact: false` and why.
   */
  determinism: word('strict', 'relaxed').default('relaxed'),
};
