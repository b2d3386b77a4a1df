/**
 * `npm run conformance -- [--plugin FILE] FILE…`: runs every case of the given vector files against the functions that
 * runs use, and checks a user's own terms and rules.
 *
 * Prints each failure, a line per name, and `N passed, N failed`; exits with 1 if anything failed, 2 if a file could
 * not be read.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installPlugin } from '@lyceum/cli/local-cluster';
import { readPlugin } from '@lyceum/learning/plugins';
import type { Case, Suite } from './conformance/case.js';
import * as combination from './conformance/combination.js';
import * as metrics from './conformance/metrics.js';
import * as objectives from './conformance/objectives.js';
import { pluginCases } from './conformance/plugin.js';
import * as views from './conformance/views.js';
import * as wire from './conformance/wire.js';

/** All modules of the folder that check vectors. */
const SUITES: readonly Suite[] = [objectives, combination, metrics, wire, views];

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { plugin: { type: 'string' } },
  });
  if (positionals.length === 0 && values.plugin === undefined) {
    console.error('usage: npm run conformance -- [--plugin FILE] FILE…');
    return 2;
  }
  let passed = 0;
  let failed = 0;
  const sources: [string, Case[]][] = [];
  if (values.plugin !== undefined)
    sources.push([values.plugin, await casesOfPlugin(values.plugin)]);
  for (const path of positionals) {
    sources.push([path, casesOf(JSON.parse(await readFile(path, 'utf8')))]);
  }
  for (const [path, cases] of sources) {
    const counts = new Map<string, { passed: number; failed: number }>();
    for (const item of cases) {
      const name = item.id.split('/')[0] as string;
      const count = counts.get(name) ?? { passed: 0, failed: 0 };
      counts.set(name, count);
      try {
        await item.run();
        count.passed++;
      } catch (err) {
        count.failed++;
        console.log(`FAILED ${item.id}: ${err instanceof Error ? err.message : String(err)}`);
      }
    }
    for (const [name, count] of counts) {
      console.log(`${path} ${name}: ${count.passed} passed, ${count.failed} failed`);
      passed += count.passed;
      failed += count.failed;
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

/** Cases of a plugin, loaded as a cluster would load it. */
async function casesOfPlugin(source: string): Promise<Case[]> {
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-plugin-'));
  try {
    const { file, summary } = await installPlugin(source, folder);
    console.log(summary);
    return await pluginCases((await readPlugin(file, source)).plugin);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Each key of the file goes to the suite that knows the key. A key that no suite knows fails once for each case. */
function casesOf(file: unknown): Case[] {
  if (typeof file !== 'object' || file === null || Array.isArray(file)) {
    throw new TypeError('a vector file holds one JSON object');
  }
  const entries = Object.entries(file);
  const known = SUITES.flatMap((suite) => {
    const own = entries.filter(([name]) => suite.names.has(name));
    return own.length > 0 ? suite.cases(Object.fromEntries(own)) : [];
  });
  const unknown = entries.filter(([name]) => !SUITES.some((suite) => suite.names.has(name)));
  return [...known, ...unknown.flatMap(([name, section]) => unknownName(name, section))];
}

function unknownName(name: string, section: unknown): Case[] {
  const fail = (): void => {
    throw new Error(`unknown name ${name}`);
  };
  const list: unknown = (section as { readonly cases?: unknown } | null)?.cases;
  if (!Array.isArray(list) || list.length === 0) return [{ id: name, run: fail }];
  return list.map((item: { readonly id?: unknown }) => ({ id: `${name}/${item.id}`, run: fail }));
}

try {
  process.exitCode = await main();
} catch (err) {
  console.error(err instanceof Error ? err.message : String(err));
  process.exitCode = 2;
}
