/**
 * Names of a model's classes as a server tells them. Asked for an output's best classes, a server with Triton's
 * extension "classification" answers in texts, SCORE:CLASS:LABEL, without the label if it has none. Pure.
 *
 * @see https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_classification.md
 */
import { different } from '../models/index.js';

/**
 * @param texts - those of all classes, in any order.
 * @returns the names in the order of the output; undefined: the server does not tell all of them, or not all are
 * different.
 */
export function labelsIn(
  texts: readonly string[],
  classCount: number,
): readonly string[] | undefined {
  const names = new Array<string | undefined>(classCount).fill(undefined);
  for (const text of texts) {
    const [, number, label] = /^[^:]*:(\d+):(.*)$/s.exec(text) ?? [];
    if (Number(number) < classCount) names[Number(number)] = label?.trim();
  }
  return different(names);
}
