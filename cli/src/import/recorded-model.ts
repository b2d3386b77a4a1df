/** Makes the package of a recorded teacher from predictions on disk, NPZ or JSON lines. */
import { utf8Text } from '@lyceum/learning/files';
import {
  encodeRecordedPackage,
  readRecordingLines,
  readRecordingNpz,
} from '@lyceum/learning/formats';
import { readGivenFile } from '@lyceum/platform';
import { type Artifact, ArtifactKind, DATASET_MAX_BYTES, LyceumError } from '@lyceum/proto';
import { z } from 'zod';
import type { CoordinatorClient } from '../client/index.js';

/** The coordinator's description of a set. */
const description = z.object({
  digest: z.string(),
  sampleCount: z.number(),
  classCount: z.number(),
  classNames: z.array(z.string()),
});

export type DescribedSet = z.output<typeof description>;

/** @throws {LyceumError} NOT_FOUND if no set of that name was pushed. */
export async function describedSet(client: CoordinatorClient, name: string): Promise<DescribedSet> {
  const sets = await client.listArtifacts(ArtifactKind.ARTIFACT_KIND_DATASET);
  const found = sets.find((artifact: Artifact) => artifact.name === name);
  if (found !== undefined) return description.parse(JSON.parse(found.descriptionJson));
  const names = sets.map((artifact: Artifact) => artifact.name).join(', ') || 'none';
  throw new LyceumError('NOT_FOUND', `there is no data set ${name}; pushed are ${names}`);
}

/**
 * @param path - `.npz`, or JSON lines.
 * @throws {LyceumError} NOT_FOUND if the file is missing, INVALID_ARGUMENT naming what is wrong with it.
 */
export function readRecordedModel(path: string, set: DescribedSet): Buffer {
  const bytes = readGivenFile(path, DATASET_MAX_BYTES, 'NOT_FOUND');
  const answers = path.endsWith('.npz')
    ? readRecordingNpz(bytes, set, path)
    : readRecordingLines(utf8Text(bytes, path), set, path);
  const { digest, sampleCount, classCount } = set;
  const dataset = { digest, sampleCount, classCount };
  return encodeRecordedPackage({ dataset, answers, settings: { output: 'logits' } }, path);
}
