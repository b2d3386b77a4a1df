/** The sets, models and trained students of the cluster, of which a run can be made. */
import type { ArchitectureName } from '@lyceum/learning/architectures';
import { type Artifact, ArtifactKind, LyceumError, RunState } from '@lyceum/proto';
import { z } from 'zod';
import type { CoordinatorClient } from '../client/index.js';
import { datasetText, modelText } from '../printing/index.js';

export interface Offer {
  /** By name, with a description. */
  readonly datasets: ReadonlyMap<string, OfferedSet>;
  readonly teachers: ReadonlyMap<string, OfferedModel>;
}

interface OfferedModel {
  readonly description: string | undefined;
  /** The model answers with a class only. */
  readonly classesOnly?: boolean;
}

export interface OfferedSet {
  readonly description: string | undefined;
  /** The modalities that a student may see, each with an architecture that suits it. */
  readonly modalities: readonly OfferedModality[];
  /** Counts of the train split; undefined if the set's description has none. */
  readonly train?: { readonly samples: number; readonly labelled: number } | undefined;
}

interface OfferedModality {
  /** Undefined: the set has one modality, without a name. */
  readonly name?: string | undefined;
  readonly student: ArchitectureName;
}

export async function clusterOffer(client: CoordinatorClient): Promise<Offer> {
  const sets = await client.listArtifacts(ArtifactKind.ARTIFACT_KIND_DATASET);
  const models = await client.listArtifacts(ArtifactKind.ARTIFACT_KIND_MODEL);
  const runs = await client.listRuns({ states: [RunState.RUN_STATE_SUCCEEDED], brief: true });
  const datasets = sets.map((set): [string, OfferedSet] => {
    const known = parsed(set);
    return [set.name, { description: datasetText(known), ...offeredSet(known) }];
  });
  const pushed = models.map((model): [string, OfferedModel] => {
    const known = parsed(model);
    const { data } = saysClasses.safeParse(known);
    return [model.name, { description: modelText(known), classesOnly: data?.classesOnly === true }];
  });
  const trained = runs.map(({ runId }): [string, OfferedModel] => [
    `run:${runId}`,
    { description: undefined },
  ]);
  return { datasets: new Map(datasets), teachers: new Map([...pushed, ...trained]) };
}

/** @throws {LyceumError} NOT_FOUND naming all that the cluster has instead. */
export function requireOffered(
  what: string,
  name: string,
  offered: ReadonlyMap<string, unknown>,
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
        name: z.string().optional(),
        sampleShape: z.array(z.number()),
        encoding: z.object({ kind: z.string() }).optional(),
      }),
    )
    .min(1),
  splits: z
    .object({ train: z.object({ samples: z.number(), labelled: z.number() }).optional() })
    .optional(),
});

/** @param known - the coordinator's description of a set. */
export function offeredSet(known: unknown): Omit<OfferedSet, 'description'> {
  const { data } = description.safeParse(known);
  if (data === undefined) return { modalities: [{ student: 'mlp' }] };
  const modalities = data.modalities.map(({ name, sampleShape, encoding }) => ({
    name,
    student: studentFor(sampleShape, encoding?.kind),
  }));
  return { modalities, train: data.splits?.train };
}

function studentFor(
  sampleShape: readonly number[],
  encodingKind: string | undefined,
): ArchitectureName {
  if (sampleShape.length === 3) return 'conv';
  return encodingKind === 'text' ? 'embedding-bag' : 'mlp';
}

function parsed({ descriptionJson }: Artifact): unknown {
  return descriptionJson === '' ? {} : JSON.parse(descriptionJson);
}
