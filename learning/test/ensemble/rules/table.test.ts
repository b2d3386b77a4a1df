/** The table of rules: what holds for every rule, and for which rules each property is set. */
import { expect, test } from 'vitest';
import {
  namesOf,
  RULE_NAMES,
  RULES,
  ruleNamed,
  ruleOf,
} from '../../../src/ensemble/rules/index.js';

test('ruleNamed finds every rule by its name, and rule names are unique', () => {
  expect(new Set(RULE_NAMES).size).toBe(RULES.length);
  for (const rule of RULES) {
    expect(ruleNamed(rule.name)).toBe(rule);
    expect(rule.settled({ rule: 'own' }).combine).toBe(rule.name);
  }
  expect(ruleNamed('mode')).toBeUndefined();
});

test('settled keeps the weighting that is written, and takes the first one otherwise', () => {
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
] as const)('%s is set for the rules %s', (claim, names) => {
  expect(namesOf((rule) => rule[claim]).join(' ')).toBe(names);
});
