/**
 * A plugin: terms and rules of the user's own, one file's default export.
 *
 *     import type { Plugin } from '@lyceum/learning/plugins';
 *     export default { terms: { mine: { loss(tf, { logits, target }) { … } } } } satisfies Plugin;
 *
 * A run names them: `{ term: plugin, name: mine }` in its objective, `{ combine: plugin, rule: mine }` as its ensemble.
 * All methods must be pure: equal arguments give equal bits. Otherwise a run that is resumed ends with other weights.
 *
 * Symbols: B samples of a batch, C classes, K teachers.
 */
import { LyceumError, type Problem } from '@lyceum/proto';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import type { Values } from '../arrays/index.js';
import type { Tf } from '../tensorflow/engine/index.js';

/** Numbers that a run gives a method. The method chooses their names. */
export type OwnSettings = Readonly<Record<string, number>>;

export interface TermInputs {
  /** The student's logits, [B, C]. */
  readonly logits: Tensor2D;
  /** The teachers' pool at the term's temperature: probabilities, [B, C]. */
  readonly target: Tensor2D;
  /** One-hot, [B, C]; a row of zeros where the sample has no label. */
  readonly hardLabels: Tensor2D;
  readonly temperature: number;
}

export interface OwnTerm {
  /**
   * The mean over the batch; the run multiplies it by the term's weight. Use tensor operations only: the method is
   * recorded once as a graph, so values that it reads (`dataSync`) or draws at random would freeze. Inputs are
   * borrowed; all other tensors that the method makes are disposed of by the caller.
   */
  loss(tf: Tf, inputs: TermInputs, settings: OwnSettings): Scalar;
}

export interface RuleInputs {
  /** One [B, C] a teacher, in ensemble order. Do not change them. */
  readonly teacherLogits: readonly Values[];
  /** The teachers' weights, as the run gives them. */
  readonly teacherWeights: readonly number[];
  readonly rowCount: number;
  readonly classCount: number;
}

export interface OwnRule {
  /**
   * Shares of the teachers in the arithmetic mean of their probabilities: [K], or [B, K] row by row; at least 0, of sum
   * 1. With a quorum K may be smaller than the run's number of teachers.
   */
  shares(inputs: RuleInputs, settings: OwnSettings): ArrayLike<number>;
}

export interface Plugin {
  readonly terms?: Readonly<Record<string, OwnTerm>>;
  readonly rules?: Readonly<Record<string, OwnRule>>;
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
const KINDS = [
  ['terms', 'loss'],
  ['rules', 'shares'],
] as const;

/** What is wrong with a file's default export that should be a {@link Plugin}. */
export function pluginProblems(value: unknown): Problem[] {
  if (!isMapping(value)) {
    return [{ path: '', message: 'has no default export { terms, rules }' }];
  }
  const problems: Problem[] = [];
  for (const key of Object.keys(value)) {
    if (KINDS.some(([kind]) => kind === key)) continue;
    problems.push({ path: key, message: 'is not known; a plugin has terms and rules' });
  }
  let count = 0;
  for (const [kind, method] of KINDS) {
    const own = value[kind] ?? {};
    if (!isMapping(own)) problems.push({ path: kind, message: 'want a mapping from names' });
    else {
      for (const [name, entry] of Object.entries(own)) {
        count++;
        const path = `${kind}.${name}`;
        if (!NAME.test(name)) {
          const message = 'want a name of lower-case letters, digits and dashes, at most 63';
          problems.push({ path, message });
        }
        if (!isMapping(entry) || typeof entry[method] !== 'function') {
          problems.push({ path, message: `has no function ${method}` });
        }
      }
    }
  }
  if (count === 0 && problems.length === 0)
    problems.push({ path: '', message: 'has no term and no rule' });
  return problems;
}

/**
 * Checks a rule's shares at every batch: a target that is no distribution must not reach the optimiser.
 *
 * @throws {LyceumError} INVALID_ARGUMENT, naming the rule and the row.
 */
export function checkedShares(
  name: string,
  rule: OwnRule,
  inputs: RuleInputs,
  settings: OwnSettings,
): Float64Array {
  const shares = Float64Array.from(rule.shares(inputs, settings));
  const teacherCount = inputs.teacherLogits.length;
  const wrong = (what: string) =>
    new LyceumError('INVALID_ARGUMENT', `rule ${name} of the plugin ${what}`);
  if (shares.length !== teacherCount && shares.length !== teacherCount * inputs.rowCount) {
    const want = `${teacherCount}, or ${inputs.rowCount} rows of them`;
    throw wrong(`gave ${shares.length} shares; want ${want}`);
  }
  for (let row = 0; row * teacherCount < shares.length; row++) {
    const own = shares.subarray(row * teacherCount, (row + 1) * teacherCount);
    const sum = own.reduce((total, share) => total + share, 0);
    if (!(own.every((share) => share >= 0) && Math.abs(sum - 1) <= SUM_TOLERANCE)) {
      throw wrong(
        `gave row ${row} the shares ${own.join(', ')}; want numbers of at least 0 and sum 1`,
      );
    }
  }
  return shares;
}

const SUM_TOLERANCE = 1e-6;

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
