/** Each rule parsed from text and written again, and wrong texts. */
import { expect, it } from 'vitest';
import { ALL_RULES, parseRule, ruleText } from '../../src/ensemble/rule-text.js';

it.each([
  ['geometric', { combine: 'geometric' }],
  ['entropy', { combine: 'entropy', weighting: 'ebkd' }],
  ['accuracy:log-odds', { combine: 'accuracy', weighting: 'log-odds' }],
  ['entropy:margin+calibrate', { combine: 'entropy', weighting: 'margin', calibrate: true }],
  ['mixture-em+calibrate', { combine: 'mixture-em', calibrate: true }],
])('parseRule(%s)', (text, combination) => {
  expect(parseRule(text)).toEqual(combination);
});

it('parseRule names a plugin rule after "plugin:"', () => {
  expect(parseRule('plugin:mine+calibrate')).toEqual({
    combine: 'plugin',
    rule: 'mine',
    settings: {},
    calibrate: true,
  });
});

it.each([
  ['medain', /rule "medain" is not known; rules are arithmetic, geometric/],
  ['toString', /is not known/],
  ['ca-mkd', /looks at the label that it would be measured by/],
  ['aekd', /there is no student yet/],
  ['entropy:linear', /no such weighting; entropy has ebkd, softmax/],
  ['geometric:softmax', /no such weighting; geometric has none/],
  ['entropy:softmax:margin', /no such weighting/],
  ['plugin', /is not known/],
  ['plugin:mine:other', /is not known/],
])('parseRule refuses %s', (text, told) => {
  expect(() => parseRule(text)).toThrow(told);
});

it('parseRule reads ALL_RULES as different rules', () => {
  expect(new Set(ALL_RULES.map((rule) => JSON.stringify(parseRule(rule)))).size).toBe(
    ALL_RULES.length,
  );
});

it('ruleText writes a rule as it was read', () => {
  const texts = [...ALL_RULES, 'plugin:mine+calibrate'];
  expect(texts.map((text) => ruleText(parseRule(text)))).toEqual(texts);
  expect(ruleText({ combine: 'aekd', bound: 0.6 })).toBe('aekd');
});
