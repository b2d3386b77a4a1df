/** What an example is given, and what examples do alike. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CoordinatorClient, SweepTable } from '@lyceum/cli/client';
import type { LocalCluster } from '@lyceum/cli/local-cluster';
import { type DatasetParts, encodeDataset } from '@lyceum/learning/datasets';
import { ArtifactKind } from '@lyceum/proto';
import type { CoordinatorCommand } from './coordinator-command.js';

export interface ExampleContext {
  /** The command line, as a person would use it. */
  readonly coordinator: CoordinatorCommand;
  readonly client: CoordinatorClient;
  readonly cluster: LocalCluster;
  /** Where set-up has put the data. */
  readonly cacheFolder: string;
  /** Paired seeds, 2 at least. */
  readonly seeds: number;
  /** Where answers that are asked for anew are kept; absent: the recorded ones are taken. */
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

/** Submits a sweep over seeds and other fields, waits for all of it, and gives its table. */
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

/** What goes to stdout: the result. */
export function printLines(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
