/**
 * Names of a model's classes as a server tells them: asked for an output's best classes, a server with Triton's extension
 * "classification" answers in texts, SCORE:CLASS:LABEL, without the label where it has none. Pure.
 *
 * @see https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_classification.md
 */
import { different } from '../models/index.js';

/**
 * @param texts - of all classes, in whatever order.
 * @returns in the order of the output; undefined: the server does not tell all of them, or not all are different.
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
