/**
 * Rules as a person writes them in one word: `RULE` or `RULE:WEIGHTING`, perhaps with `+calibrate` behind.
 *
 * `mixture-em`, `entropy:softmax`, `arithmetic+calibrate`; `plugin:NAME` is a rule of the program's plugin.
 */
import { LyceumError } from '@lyceum/proto';
import { type Combination, RULES, ruleNamed } from './rules/index.js';

const CALIBRATE = '+calibrate';

/** Rules that need nothing but the teachers' answers and held-out labels. */
const EVALUATED = RULES.filter((rule) => rule.notEvaluated === undefined && !rule.ofPlugin);

/**
 * The rules that are worth comparing: none that equals another; calibrated ones where calibration can change an
 * answer.
 */
export const ALL_RULES: readonly string[] = [
  ...EVALUATED.filter((rule) => rule.equals === undefined).flatMap(({ name, weightings = [] }) =>
    weightings.length === 0 ? [name] : weightings.map((weighting) => `${name}:${weighting}`),
  ),
  ...EVALUATED.filter((rule) => rule.worthCalibrating).map(({ name, weightings }) =>
    weightings === undefined ? `${name}${CALIBRATE}` : `${name}:${weightings[0]}${CALIBRATE}`,
  ),
];

/** @throws {LyceumError} INVALID_ARGUMENT, saying what rules there are. */
export function parseRule(text: string): Combination {
  const calibrate = text.endsWith(CALIBRATE);
  const [combine = '', weighting, ...rest] = text
    .slice(0, calibrate ? -CALIBRATE.length : undefined)
    .split(':');
  if (combine === 'plugin' && weighting !== undefined && rest.length === 0) {
    return { combine, rule: weighting, settings: {}, ...(calibrate && { calibrate }) };
  }
  const rule = ruleNamed(combine);
  if (rule === undefined || !EVALUATED.includes(rule)) {
    const why = rule?.notEvaluated ?? 'is not known';
    const rules = EVALUATED.map(({ name }) => name).join(', ');
    throw new LyceumError('INVALID_ARGUMENT', `rule "${text}" ${why}; rules are ${rules}`);
  }
  const known: readonly string[] = rule.weightings ?? [];
  if (rest.length > 0 || (weighting !== undefined && !known.includes(weighting))) {
    const want = known.length === 0 ? `${combine} has none` : `${combine} has ${known.join(', ')}`;
    throw new LyceumError('INVALID_ARGUMENT', `rule "${text}": no such weighting; ${want}`);
  }
  return { ...rule.settled({ weighting }), ...(calibrate && { calibrate }) };
}

/** The word for a rule. Settings that no word expresses are left out. */
export function ruleText(combination: Combination): string {
  const of =
    'weighting' in combination
      ? `:${combination.weighting}`
      : combination.combine === 'plugin'
        ? `:${combination.rule}`
        : '';
  return `${combination.combine}${of}${combination.calibrate === true ? CALIBRATE : ''}`;
}
