/**
 * A thread that reads one artifact file, checks it and says what it is: parsing a large set takes seconds,
 * which the coordinator's event loop does not have.
 */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import {
  describeDataset,
  describeModel,
  parseDataset,
  parseModelPackage,
} from '@lyceum/learning/data';
import { InvalidDocumentError, sha256Hex, toLyceumError } from '@lyceum/proto';
import type { ArtifactInspection, InspectionReply, InspectionRequest } from './inspect-artifact.js';

function inspect({ kind, file }: InspectionRequest): ArtifactInspection {
  const bytes = readFileSync(file);
  if (kind === 'model') {
    const model = parseModelPackage(bytes);
    const description = { ...describeModel(model), settings: model.settings };
    return { kind, digest: sha256Hex(bytes), description };
  }
  const dataset = parseDataset(bytes);
  // Nobody on the other side looks at inputs.
  const outline = { ...dataset, inputs: new Uint8Array(0) };
  return { kind, digest: dataset.digest, description: describeDataset(dataset), outline };
}

function reply(): InspectionReply {
  try {
    return { inspection: inspect(workerData as InspectionRequest) };
  } catch (thrown) {
    const { code, message } = toLyceumError(thrown);
    const problems = thrown instanceof InvalidDocumentError ? thrown.problems : undefined;
    return { error: { code, message, problems } };
  }
}

parentPort?.postMessage(reply());
