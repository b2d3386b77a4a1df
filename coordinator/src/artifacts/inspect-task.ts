/** The task of {@link inspectArtifact}: parsing a large set takes seconds. */
import { readFileSync } from 'node:fs';
import {
  describeDataset,
  parseStoredDataset,
  sampleTextsOf,
  sharedSamples,
} from '@lyceum/learning/datasets';
import {
  describePackagedModel,
  packagedModelLayers,
  parsePackagedModel,
} from '@lyceum/learning/formats';
import { sha256Hex } from '@lyceum/proto';
import type { ArtifactInspection, InspectionRequest } from './inspect-artifact.js';

export function inspect({ kind, file }: InspectionRequest): ArtifactInspection {
  const bytes = readFileSync(file);
  if (kind === 'model') {
    const packaged = parsePackagedModel(bytes);
    const description = { ...describePackagedModel(packaged) };
    const layers = packagedModelLayers(packaged);
    return { kind, digest: sha256Hex(bytes), description, layers };
  }
  const dataset = parseStoredDataset(bytes);
  // The caller does not use inputs, texts and cells. Labels are copied, since a view would bring the whole file along.
  const labels = dataset.labels.slice();
  const splits = dataset.splits.slice();
  const inputs = new Uint8Array(0);
  const modalities = new Map(
    [...dataset.modalities].map(([name, { texts, cells: _cells, held: _, ...others }]) => [
      name,
      { ...others, inputs, ...(texts !== undefined && { texts: sampleTextsOf([]) }) },
    ]),
  );
  const shared = sharedSamples(dataset);
  const { shards: _, chunkEnds, ...kept } = dataset;
  const outline = {
    ...kept,
    modalities,
    labels,
    splits,
    ...(chunkEnds !== undefined && { chunkEnds: chunkEnds.slice() }),
    sharedSamples: shared,
  };
  const description = { ...describeDataset(dataset), sharedSamples: shared };
  return { kind, digest: dataset.digest, description, outline };
}
