/** What a run can be made of: the sets, models and trained students of the cluster. */
import { type Artifact, ArtifactKind, LyceumError, RunState } from '@lyceum/proto';
import { z } from 'zod';
import type { CoordinatorClient } from '../client/index.js';
import { datasetText, modelText } from '../printing/index.js';
import type { Architecture } from './initial-run.js';

export interface Offer {
  /** By name: what is known of it. */
  readonly datasets: ReadonlyMap<string, Offered>;
  readonly teachers: ReadonlyMap<string, Offered>;
}

export interface Offered {
  readonly description: string | undefined;
  /** For a data set: an architecture that suits its samples. */
  readonly student?: Architecture;
  /** For a model: it answers with a class alone. */
  readonly classesOnly?: boolean;
}

export async function clusterOffer(client: CoordinatorClient): Promise<Offer> {
  const sets = await client.listArtifacts(ArtifactKind.ARTIFACT_KIND_DATASET);
  const models = await client.listArtifacts(ArtifactKind.ARTIFACT_KIND_MODEL);
  const runs = await client.listRuns({ states: [RunState.RUN_STATE_SUCCEEDED], brief: true });
  const datasets = sets.map((set): [string, Offered] => {
    const description = parsed(set);
    return [set.name, { description: datasetText(description), student: studentFor(description) }];
  });
  const pushed = models.map((model): [string, Offered] => {
    const known = parsed(model);
    const { data } = saysClasses.safeParse(known);
    return [model.name, { description: modelText(known), classesOnly: data?.classesOnly === true }];
  });
  const trained = runs.map(({ runId }): [string, Offered] => [
    `run:${runId}`,
    { description: undefined },
  ]);
  return { datasets: new Map(datasets), teachers: new Map([...pushed, ...trained]) };
}

/** @throws {LyceumError} NOT_FOUND with what there is instead. */
export function requireOffered(
  what: string,
  name: string,
  offered: ReadonlyMap<string, Offered>,
): void {
  if (offered.has(name)) return;
  const names = [...offered.keys()];
  const there = names.length === 0 ? 'there is none yet' : `there is ${names.join(', ')}`;
  throw new LyceumError('NOT_FOUND', `the cluster has no ${what} ${name}; ${there}`);
}

const saysClasses = z.object({ classesOnly: z.boolean().optional() });

const description = z.object({
  modalities: z
    .array(
      z.object({
        sampleShape: z.array(z.number()),
        encoding: z.object({ kind: z.string() }).optional(),
      }),
    )
    .min(1),
});

/** @param known - what the coordinator knows of a set. */
export function studentFor(known: unknown): Architecture {
  const [first] = description.safeParse(known).data?.modalities ?? [];
  if (first === undefined) return 'mlp';
  if (first.sampleShape.length === 3) return 'conv';
  return first.encoding?.kind === 'text' ? 'embedding-bag' : 'mlp';
}

function parsed({ descriptionJson }: Artifact): unknown {
  return descriptionJson === '' ? {} : JSON.parse(descriptionJson);
}
