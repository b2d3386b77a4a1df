/**
 * Rules as a person writes them in one word: `RULE`, `RULE:WEIGHTING`, either with `+calibrate` behind it.
 *
 * `mixture-em`, `entropy:softmax`, `arithmetic+calibrate`; `plugin:NAME` is a rule of the program's plugin.
 */
import { LyceumError } from '@lyceum/proto';
import type { Combination } from './combination.js';

const CALIBRATE = '+calibrate';

/** Rules that need nothing but the teachers' answers and held-out labels; of each the default weighting first. */
const WEIGHTINGS: Readonly<Record<string, readonly string[]>> = {
  arithmetic: [],
  geometric: [],
  'mean-logit': [],
  'majority-vote': [],
  entropy: ['ebkd', 'softmax', 'inverse', 'greatest', 'margin'],
  accuracy: ['linear', 'softmax', 'log-odds'],
  'per-class': [],
  'mixture-em': [],
  'dawid-skene': [],
};

const OTHERS: Readonly<Record<string, string>> = {
  'ca-mkd': 'looks at the label that it would be measured by',
  aekd: "looks at the student's gradients, and there is no student yet",
};

/** Worth comparing: all but those that equal another; calibration where it can change an answer. */
export const ALL_RULES: readonly string[] = [
  ...Object.entries(WEIGHTINGS)
    .filter(([rule]) => rule !== 'mean-logit')
    .flatMap(([rule, weightings]) =>
      weightings.length === 0 ? [rule] : weightings.map((weighting) => `${rule}:${weighting}`),
    ),
  ...['arithmetic', 'geometric', 'entropy:ebkd', 'mixture-em'].map((rule) => rule + CALIBRATE),
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
  const known = Object.hasOwn(WEIGHTINGS, combine) ? WEIGHTINGS[combine] : undefined;
  if (known === undefined) {
    const why = Object.hasOwn(OTHERS, combine) ? OTHERS[combine] : 'is not known';
    const rules = Object.keys(WEIGHTINGS).join(', ');
    throw new LyceumError('INVALID_ARGUMENT', `rule "${text}" ${why}; rules are ${rules}`);
  }
  const chosen = weighting ?? known[0];
  if (rest.length > 0 || (chosen !== undefined && !known.includes(chosen))) {
    const want = known.length === 0 ? `${combine} has none` : `${combine} has ${known.join(', ')}`;
    throw new LyceumError('INVALID_ARGUMENT', `rule "${text}": no such weighting; ${want}`);
  }
  return {
    combine,
    ...(chosen !== undefined && { weighting: chosen }),
    ...(calibrate && { calibrate }),
  } as Combination;
}

/** The word for a rule; settings that no word has are left out. */
export function ruleText(combination: Combination): string {
  const of =
    'weighting' in combination
      ? `:${combination.weighting}`
      : combination.combine === 'plugin'
        ? `:${combination.rule}`
        : '';
  return `${combination.combine}${of}${combination.calibrate === true ? CALIBRATE : ''}`;
}
