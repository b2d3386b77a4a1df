/**
 * The files that the compiled command line loads, by V8's coverage: commands that only ask the coordinator load no
 * learning or server code. There is no coordinator here.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test, vi } from 'vitest';
import { CLI_FILE } from './cli-process.js';

vi.setConfig({ testTimeout: 120_000 });

const folder = mkdtempSync(join(tmpdir(), 'lyceum-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const NEEDLESS =
  /\/(?:learning|coordinator|dashboard)\/dist\/|\/node_modules\/(?:nats|prom-client|zod)\//;

/** @returns the files that were loaded, as URLs. */
async function loadedBy(...args: string[]): Promise<string[]> {
  const coverage = mkdtempSync(join(folder, 'start-'));
  const env = { ...process.env, NODE_V8_COVERAGE: coverage, LYCEUM_COORDINATOR: '127.0.0.1:1' };
  await promisify(execFile)(process.execPath, [CLI_FILE, ...args], { env }).catch(() => undefined);
  return readdirSync(coverage).flatMap((name) => {
    const scripts: { url: string }[] = JSON.parse(
      readFileSync(join(coverage, name), 'utf8'),
    ).result;
    return scripts.map(({ url }) => url).filter((url) => url.startsWith('file:'));
  });
}

test.each([
  ['wait', 'digits'],
  ['list'],
  ['get', 'digits'],
  ['watch', 'digits'],
  ['logs', 'digits'],
  ['version'],
  ['completion-names', 'runs'],
])('%s loads no learning, coordinator or dashboard code', async (...args) => {
  const loaded = await loadedBy(...args);
  expect(loaded.filter((url) => NEEDLESS.test(url))).toEqual([]);
  expect(loaded).toContainEqual(expect.stringMatching(/\/cli\/dist\/main\.js$/));
});

test('validate loads the specification code', async () => {
  const loaded = await loadedBy('validate', join(folder, 'none.yaml'));
  expect(loaded).toContainEqual(expect.stringMatching(/\/learning\/dist\/specification\//));
});
