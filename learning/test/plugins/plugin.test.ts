/** Correct and wrong plugin exports, and rules whose shares are wrong; all are real files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sha256Hex } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { combined } from '../../src/ensemble/combination.js';
import { checkedShares, pluginProblems } from '../../src/plugins/plugin.js';
import { readPlugin } from '../../src/plugins/read-plugin.js';
import { loadedPlugin, ownRule, setPlugin } from '../../src/plugins/registry.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

const INPUTS = {
  teacherLogits: [Float32Array.of(0, 0, 2, 0), Float32Array.of(1, 0, 0, 1)],
  teacherWeights: [1, 3],
  rowCount: 2,
  classCount: 2,
};

test('pluginProblems accepts terms, rules or both', () => {
  const terms = { mine: { loss: () => undefined } };
  const rules = { mine: { shares: () => [] } };
  for (const plugin of [{ terms }, { rules }, { terms, rules }]) {
    expect(pluginProblems(plugin)).toEqual([]);
  }
});

test.each([
  [undefined, '', 'has no default export'],
  [[], '', 'has no default export'],
  [{}, '', 'has no term and no rule'],
  [{ term: {} }, 'term', 'is not known; a plugin has terms and rules'],
  [{ terms: [] }, 'terms', 'want a mapping'],
  [{ terms: { Mine: { loss: () => 0 } } }, 'terms.Mine', 'want a name of lower-case letters'],
  [{ terms: { mine: () => 0 } }, 'terms.mine', 'has no function loss'],
  [{ rules: { mine: { loss: () => 0 } } }, 'rules.mine', 'has no function shares'],
])('pluginProblems refuses %j: %s %s', (value, at, message) => {
  expect(pluginProblems(value)).toContainEqual({
    path: at,
    message: expect.stringContaining(message),
  });
});

test.each([[[0.25, 0.75]], [[1, 0, 0.5, 0.5]]])('checkedShares accepts the shares %j', (shares) => {
  expect([...checkedShares('mine', { shares: () => shares }, INPUTS, {})]).toEqual(shares);
});

test.each([
  [[1], 'gave 1 shares; want 2, or 2 rows of them'],
  [[0.5, 0.6], 'row 0 the shares 0.5, 0.6'],
  [[0.5, 0.5, 1.5, -0.5], 'row 1 the shares 1.5, -0.5'],
  [[Number.NaN, 1], 'row 0 the shares NaN, 1'],
])('checkedShares refuses the shares %j: %s', (shares, message) => {
  const check = () => checkedShares('mine', { shares: () => shares }, INPUTS, {});
  expect(check).toThrow(
    `rule mine of the plugin ${message.startsWith('gave') ? '' : 'gave '}${message}`,
  );
});

test('readPlugin gives the digest of the file, and says why a file cannot be run', async () => {
  const file = path.join(folder, 'good.mjs');
  const text = 'export default { rules: { mine: { shares: () => [1] } } };';
  await writeFile(file, text);
  const { digest, plugin } = await readPlugin(file);
  expect(digest).toBe(sha256Hex(Buffer.from(text)));
  expect(Object.keys(plugin.rules ?? {})).toEqual(['mine']);
  const broken = path.join(folder, 'broken.mjs');
  await writeFile(broken, 'throw new Error("no good");');
  await expect(readPlugin(broken, 'mine.ts')).rejects.toThrow(
    'mine.ts cannot be used:\n  - cannot be run: no good',
  );
});

test('combined pools by a rule of the plugin, and setPlugin accepts only one plugin', () => {
  const combination = { combine: 'plugin', rule: 'mine', settings: { first: 0.25 } } as const;
  expect(() => ownRule('mine')).toThrow('no plugin with a rule mine is loaded');
  const mine = {
    shares: (_: unknown, { first = 1 }: Readonly<Record<string, number>>) => [first, 1 - first],
  };
  const loaded = { digest: 'd', plugin: { rules: { mine } } };
  setPlugin(loaded);
  expect(loadedPlugin()).toBe(loaded);
  expect(() => setPlugin(loaded)).toThrow('one plugin');
  expect(() => ownRule('toString')).toThrow('no plugin with a rule toString');
  const out = new Float64Array(4);
  combined(combination, INPUTS).probabilities(1, out);
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  expect(out[0]).toBeCloseTo(0.25 * 0.5 + 0.75 * sigmoid(1), 7);
  expect(out[2]).toBeCloseTo(0.25 * sigmoid(2) + 0.75 * sigmoid(-1), 7);
});
