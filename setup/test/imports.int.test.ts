/** The import rules with the real dependency-cruiser, on a small tree with one fault at a time. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CHECKOUT } from '../places.mjs';

const CONFIG = '.dependency-cruiser.cjs';
const PACKAGES = [
  ...['proto', 'platform', 'learning', 'coordinator', 'dashboard', 'cli'],
  ...['teacher-worker', 'student-worker', 'bench', 'examples', 'site'],
];

let tree: string;
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'lyceum-imports-'));
  cpSync(join(CHECKOUT, CONFIG), join(tree, CONFIG));
  symlinkSync(join(CHECKOUT, 'node_modules'), join(tree, 'node_modules'));
  for (const name of PACKAGES) write(`${name}/src/index.ts`, 'export const own = 1;');
  write('platform/src/files/index.ts', "export { a } from './a.js';");
  write('platform/src/files/a.ts', 'export const a = 1;');
  write('platform/src/nats/index.ts', "export { b } from './b.js';");
  write('platform/src/nats/b.ts', "import { a } from '../files/index.js';\nexport const b = a;");
});
afterEach(() => rmSync(tree, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), `${text}\n`);
}

/** Names of the rules that the tree breaks. */
function broken(): string[] {
  const bin = join(CHECKOUT, 'node_modules/.bin/depcruise');
  const folders = PACKAGES.map((name) => `${name}/src`);
  const { stdout } = spawnSync(bin, ['-T', 'json', ...folders], { cwd: tree, encoding: 'utf8' });
  const { summary } = JSON.parse(stdout);
  const names = summary.violations.map(({ rule }: { rule: { name: string } }) => rule.name);
  return [...new Set<string>(names)].sort();
}

test('the import rules accept a tree without a fault', () => {
  expect(broken()).toEqual([]);
});

test('the import rules refuse two rooms that import types of each other', () => {
  write(
    'platform/src/files/a.ts',
    "import type { B } from '../nats/index.js';\nexport type A = B;",
  );
  write('platform/src/files/index.ts', "export type { A } from './a.js';");
  write('platform/src/nats/index.ts', "export type { B } from './b.js';");
  write(
    'platform/src/nats/b.ts',
    "import type { A } from '../files/index.js';\nexport type B = A;",
  );
  expect(broken()).toEqual(['files-in-a-ring', 'rooms-in-a-ring']);
});

test('the import rules refuse an import past the index of a room, unless it is dynamic', () => {
  write('platform/src/nats/b.ts', "import { a } from '../files/a.js';\nexport const b = a;");
  expect(broken()).toEqual(['past-the-door-of-a-room']);
  write('platform/src/nats/b.ts', "export const b = () => import('../files/a.js');");
  expect(broken()).toEqual([]);
});

test("the import rules refuse a package outside the importer's list, and a path into it", () => {
  write(
    'proto/src/index.ts',
    "import { own as other } from '../../learning/src/index.js';\nexport const own = other;",
  );
  expect(broken()).toEqual(['not-by-a-door', 'proto-imports-too-much']);
});

test('the import rules refuse TensorFlow in the coordinator, also through another package', () => {
  write('learning/src/index.ts', "import * as tf from '@tensorflow/tfjs';\nexport const own = tf;");
  write(
    'coordinator/src/index.ts',
    "import { own as other } from '../../learning/src/index.js';\nexport const own = other;",
  );
  expect(broken()).toEqual(['loads-tensorflow', 'not-by-a-door']);
});

test('the import rules report an import that cannot be found', () => {
  write('cli/src/index.ts', "import { nothing } from './nothing.js';\nexport const own = nothing;");
  expect(broken()).toEqual(['unknown-import']);
});

test('the import rules read a component with JSX like other files', () => {
  write('dashboard/src/a.tsx', "import { b } from './b.js';\nexport const A = () => <b>{b}</b>;");
  write('dashboard/src/b.ts', "import { A } from './a.js';\nexport const b = A as unknown;");
  expect(broken()).toContain('files-in-a-ring');
});
