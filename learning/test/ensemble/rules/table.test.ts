/** The table of rules as a whole: what must hold of every rule, and for which rules each property is set. */
import { expect, test } from 'vitest';
import {
  namesOf,
  RULE_NAMES,
  RULES,
  ruleNamed,
  ruleOf,
} from '../../../src/ensemble/rules/index.js';

test('every rule is found by its name, and none twice', () => {
  expect(new Set(RULE_NAMES).size).toBe(RULES.length);
  for (const rule of RULES) {
    expect(ruleNamed(rule.name)).toBe(rule);
    expect(rule.settled({ rule: 'own' }).combine).toBe(rule.name);
  }
  expect(ruleNamed('mode')).toBeUndefined();
});

test('a weighting is the one that was written, else the first', () => {
  const { settled, weightings = [] } = ruleOf({ combine: 'accuracy' });
  expect(settled({})).toEqual({ combine: 'accuracy', weighting: weightings[0] });
  expect(settled({ weighting: 'log-odds' })).toEqual({
    combine: 'accuracy',
    weighting: 'log-odds',
  });
});

test.each([
  ['computesWeights', 'entropy ca-mkd aekd accuracy per-class mixture-em dawid-skene'],
  ['fit', 'accuracy per-class mixture-em dawid-skene'],
  ['ofVotes', 'majority-vote dawid-skene'],
  ['withoutShares', 'majority-vote median per-class dawid-skene'],
  ['isOfTopK', 'arithmetic accuracy per-class mixture-em'],
  ['needsAllClasses', 'aekd mixture-em plugin'],
  ['needsLabels', 'ca-mkd'],
] as const)('%s holds of %s', (claim, names) => {
  expect(namesOf((rule) => rule[claim]).join(' ')).toBe(names);
});
