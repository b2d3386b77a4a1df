/** Writes a bench's result to its file, with the machine and the commit, and updates the tables of the pages. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { openEngine } from '@lyceum/learning/tensorflow';
import type { BenchResult } from '../measuring/index.js';
import type { BenchRecord, Machine } from './bench-record.js';
import { assertPlaces, withTables } from './tables.js';

const README = new URL('../../README.md', import.meta.url);
/** Another page with some of the tables. */
const PERFORMANCE = new URL('../../../docs/performance.md', import.meta.url);
const RESULTS = new URL('../../results/', import.meta.url);

/** @param loadBefore - the load average before the bench began. */
export async function recordResult(
  { name, figures }: BenchResult,
  loadBefore: number,
): Promise<void> {
  const record: BenchRecord = {
    bench: name,
    recordedOn: new Date().toISOString().slice(0, 10),
    ...commit(),
    load: { before: loadBefore, after: loadavg()[0] ?? 0 },
    machine: await machine(),
    figures,
  };
  writeFileSync(new URL(`${name}.json`, RESULTS), `${JSON.stringify(record, undefined, 2)}\n`);
  const files = readdirSync(RESULTS).filter((file) => file.endsWith('.json'));
  const records = files.map(
    (file) => JSON.parse(readFileSync(new URL(file, RESULTS), 'utf8')) as BenchRecord,
  );
  const readme = readFileSync(README, 'utf8');
  assertPlaces(readme, records);
  writeFileSync(README, withTables(readme, records));
  writeFileSync(PERFORMANCE, withTables(readFileSync(PERFORMANCE, 'utf8'), records));
}

/** The commit, and whether files differ from it. Files that are written by recording do not count. */
function commit(): Pick<BenchRecord, 'commit' | 'isClean'> {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: fileURLToPath(RESULTS), encoding: 'utf8' }).trim();
  const changes = git(
    'status',
    '--porcelain',
    '--',
    ':/',
    ':(exclude).',
    ':(exclude)../README.md',
    ':(exclude)../../docs/performance.md',
  );
  return { commit: git('rev-parse', '--short=12', 'HEAD'), isClean: changes === '' };
}

async function machine(): Promise<Machine> {
  const { version, device } = await openEngine();
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGib: Math.round(totalmem() / 2 ** 30),
    gpu: device === 'gpu' ? gpuName() : null,
    node: process.versions.node,
    engine: version,
  };
}

function gpuName(): string {
  const args = ['--query-gpu=name', '--format=csv,noheader'];
  return execFileSync('nvidia-smi', args, { encoding: 'utf8' }).trim().replaceAll('\n', ', ');
}
