/** What each example is given, and the steps that examples share. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CoordinatorClient, SweepTable } from '@lyceum/cli/client';
import type { LocalCluster } from '@lyceum/cli/local-cluster';
import { type DatasetParts, encodeDataset } from '@lyceum/learning/datasets';
import { ArtifactKind } from '@lyceum/proto';
import type { CoordinatorCommand } from './coordinator-command.js';

export interface ExampleContext {
  /** Runs the `coordinator` command, as a person would. */
  readonly coordinator: CoordinatorCommand;
  readonly client: CoordinatorClient;
  readonly cluster: LocalCluster;
  /** Where set-up has put the data. */
  readonly cacheFolder: string;
  /** Number of paired seeds, at least 2. */
  readonly seeds: number;
  /** Folder for answers that are asked anew; absent: the recorded answers are used. */
  readonly askFolder?: string;
}

/** `NAME/FILE.yaml` of the examples' folder. */
export function specificationFile(name: string, file: string): string {
  return path.join(fileURLToPath(new URL(`../${name}/`, import.meta.url)), `${file}.yaml`);
}

/** Submits a specification and waits until it has SUCCEEDED. */
export async function finish(
  { coordinator }: ExampleContext,
  file: string,
  ...options: readonly string[]
): Promise<void> {
  process.stderr.write(`${path.basename(file, '.yaml')} …\n`);
  await coordinator('submit', file, '--wait', ...options);
}

/** Submits a sweep over seeds and other fields, waits until all its runs have ended, and returns its table. */
export async function finishSweep(
  { coordinator }: ExampleContext,
  file: string,
  seeds: readonly number[],
  ...fields: readonly string[]
): Promise<SweepTable> {
  const axes = [...fields, `training.seed=${seeds.join()}`].flatMap((axis) => ['--sweep', axis]);
  const json = await coordinator('submit', file, ...axes, '--watch', '--output', 'json');
  return JSON.parse(json) as SweepTable;
}

export async function pushParts(
  { client }: ExampleContext,
  name: string,
  parts: DatasetParts,
): Promise<void> {
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, name, encodeDataset(parts));
}

/** 1, 2, …, count. */
export function firstSeeds(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Prints an example's result to stdout. */
export function printLines(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
