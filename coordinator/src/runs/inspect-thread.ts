/** The thread of {@link inspectArtifact}: parsing a large set takes seconds. */
import { readFileSync } from 'node:fs';
import {
  describeDataset,
  describePackagedModel,
  packagedModelLayers,
  parseDataset,
  parsePackagedModel,
  sharedSamples,
} from '@lyceum/learning/data';
import { sha256Hex } from '@lyceum/proto';
import type { ArtifactInspection, InspectionRequest } from './inspect-artifact.js';
import { answerTask } from './thread-task.js';

function inspect({ kind, file }: InspectionRequest): ArtifactInspection {
  const bytes = readFileSync(file);
  if (kind === 'model') {
    const packaged = parsePackagedModel(bytes);
    const description = { ...describePackagedModel(packaged) };
    const layers = packagedModelLayers(packaged);
    return { kind, digest: sha256Hex(bytes), description, layers };
  }
  const dataset = parseDataset(bytes);
  const { texts: _, ...others } = dataset;
  // Nobody on the other side looks at inputs and texts. A view's copy would take the whole file along.
  const labels = dataset.labels.slice();
  const splits = dataset.splits.slice();
  const shared = sharedSamples(dataset);
  const outline = {
    ...others,
    inputs: new Uint8Array(0),
    labels,
    splits,
    sharedSamples: shared,
  };
  const description = { ...describeDataset(dataset), sharedSamples: shared };
  return { kind, digest: dataset.digest, description, outline };
}

answerTask(inspect);
