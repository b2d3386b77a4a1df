/** Combines one teacher's answers to one input. Unreadable answers do not count. Pure. */
import type { Explanation } from '@lyceum/learning/imitation';
import type { ImitationAnswer } from '../asking/index.js';

/**
 * The class that is named most often, in a tie the one named first. Null: the teacher does not know. Undefined: no
 * answer can be read.
 */
export function majorityOf(answers: readonly ImitationAnswer[]): string | null | undefined {
  const readable = answers.filter(isReadable);
  if (readable.length === 0) return undefined;
  const counts = [...countsOf(readable)];
  const most = Math.max(0, ...counts.map(([, count]) => count));
  return counts.find(([, count]) => count === most)?.[0] ?? null;
}

/** Shares of the answers by class; their sum is below 1 if some say "I do not know". Undefined: none can be read. */
export function sharesOf(answers: readonly ImitationAnswer[]): Record<string, number> | undefined {
  const readable = answers.filter(isReadable);
  if (readable.length === 0) return undefined;
  const counts = [...countsOf(readable)];
  return Object.fromEntries(counts.map(([name, count]) => [name, count / readable.length]));
}

/** Shares by input and class, [N, C]; 0 where no answer can be read. */
export function shareRows(
  answers: readonly (readonly ImitationAnswer[])[],
  classes: readonly string[],
): Float64Array {
  const places = new Map(classes.map((name, c) => [name, c]));
  const rows = new Float64Array(answers.length * classes.length);
  for (const [n, own] of answers.entries()) {
    for (const [name, share] of Object.entries(sharesOf(own) ?? {})) {
      const place = places.get(name);
      if (place !== undefined) rows[n * classes.length + place] = share;
    }
  }
  return rows;
}

/** Distinct explanations, in order; undefined: there is none. */
export function explanationsOf(answers: readonly ImitationAnswer[]): Explanation[] | undefined {
  const found = new Map<string, Explanation>();
  for (const answer of answers.filter(isReadable)) {
    const text = answer.explanation?.trim() ?? '';
    if (text !== '' && !found.has(text)) found.set(text, { class: answer.class, text });
  }
  return found.size === 0 ? undefined : [...found.values()];
}

/** The mean of the confidences that the teacher gives. */
export function confidenceOf(answers: readonly ImitationAnswer[]): number | undefined {
  const sure = answers.flatMap(({ confidence }) => confidence ?? []);
  return sure.length === 0 ? undefined : sure.reduce((sum, c) => sum + c, 0) / sure.length;
}

/** Number of answers by class, in the order in which classes were first named. */
function countsOf(answers: readonly ImitationAnswer[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { class: named } of answers) {
    if (named !== null) counts.set(named, (counts.get(named) ?? 0) + 1);
  }
  return counts;
}

function isReadable({ problem }: ImitationAnswer): boolean {
  return problem === undefined;
}
