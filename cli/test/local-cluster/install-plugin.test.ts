/** `installPlugin` of real files in a temporary folder, bundled by the real esbuild and run. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readPlugin } from '@lyceum/learning/plugins';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installPlugin } from '../../src/local-cluster/install-plugin.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function install(name: string, text: string) {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  return installPlugin(file, path.join(folder, 'installed'));
}

const RULE = `import type { Plugin } from '@lyceum/learning/plugins';
export default { rules: { mine: { shares: ({ teacherLogits }) => teacherLogits.map(() => 0.5) } } } satisfies Plugin;`;

test('installPlugin bundles TypeScript into a file that is named by its digest and can be run', async () => {
  const { file, summary } = await install('mine.ts', RULE);
  const { digest, plugin } = await readPlugin(file);
  expect(path.basename(file)).toBe(`${digest}.mjs`);
  expect(Object.keys(plugin.rules ?? {})).toEqual(['mine']);
  expect(summary).toContain(`(${digest.slice(0, 12)}): terms none; rules mine`);
});

test('installPlugin takes the digest of code and its imports, without comments and places', async () => {
  const text = (half: string) => RULE.replace('0.5', half);
  const { file } = await install('a/mine.ts', text('0.5'));
  const same = await install('b/mine.ts', `// another comment\n${text('0.5')}`);
  expect(same.file).toBe(file);
  const importing = `import { half } from './half.js';\n${text('half')}`;
  await mkdir(path.join(folder, 'c'));
  await writeFile(path.join(folder, 'c', 'half.ts'), 'export const half: number = 0.5;');
  const first = await install('c/mine.ts', importing);
  await writeFile(path.join(folder, 'c', 'half.ts'), 'export const half: number = 0.25;');
  expect((await install('c/mine.ts', importing)).file).not.toBe(first.file);
});

test.each([
  ['a syntax error', 'export default {\n  terms: {', 'mine.ts:2:11: Expected identifier'],
  ['an import that is not there', "import './none.js'; export default {};", 'Could not resolve'],
  ['no default export', 'export const terms = {};', 'has no default export'],
  ['an error of its own', "throw new Error('not today'); export default {};", 'not today'],
])('installPlugin reports %s', async (_, text, message) => {
  await expect(install('mine.ts', text)).rejects.toThrow(/mine\.ts cannot be used:\n/);
  await expect(install('mine.ts', text)).rejects.toThrow(message);
});

test('installPlugin refuses a second TensorFlow.js', async () => {
  const file = path.join(folder, 'node_modules', '@tensorflow', 'tfjs', 'index.js');
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, 'export const scalar = () => 0;');
  await expect(
    install(
      'mine.ts',
      "import * as tf from '@tensorflow/tfjs';\nexport default { terms: { a: { loss: tf.scalar } } };",
    ),
  ).rejects.toThrow('use the tf that a term is given');
});

test('installPlugin refuses a device without reading it to its end', async () => {
  await expect(installPlugin('/dev/zero', folder)).rejects.toThrow(
    '/dev/zero: is a pipe or device, and no file',
  );
});

test('installPlugin names a missing file', async () => {
  await expect(installPlugin(path.join(folder, 'none.ts'), folder)).rejects.toThrow('none.ts');
});
