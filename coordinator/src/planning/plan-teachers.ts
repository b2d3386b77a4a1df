/** From a specification's teachers to pinned ones: pushed models, and models behind servers as they are now. */
import type { LayerDescription } from '@lyceum/learning/models';
import type { RunSpecification } from '@lyceum/learning/specification';
import {
  type ArtifactLookup,
  type DatasetOutline,
  layerProblems,
  type RemoteModels,
} from '../artifacts/index.js';
import type { PinnedTeacher } from '../runs/index.js';

interface PlannedTeachers {
  /** The teachers that were found, in ensemble order. */
  readonly teachers: PinnedTeacher[];
  /** One entry for each teacher of the specification; undefined: not found, or its layers are not known. */
  readonly layers: readonly (readonly LayerDescription[] | undefined)[];
}

/** Adds problems of teachers to the lookup's problems. */
export async function planTeachers(
  specification: RunSpecification,
  dataset: DatasetOutline | undefined,
  lookup: ArtifactLookup,
  remoteModels: RemoteModels,
): Promise<PlannedTeachers> {
  const teachers: PinnedTeacher[] = [];
  const layers: (readonly LayerDescription[] | undefined)[] = [];
  if (specification.kind !== 'Distillation') return { teachers, layers };
  const { problems } = lookup;
  for (const [index, teacher] of specification.spec.teachers.entries()) {
    const isPushed = 'model' in teacher;
    const at = `spec.teachers[${index}]`;
    const path = { model: `${at}.${isPushed ? 'model' : 'inference'}`, modality: `${at}.modality` };
    const model = isPushed
      ? teacher.model
      : await remoteModels.described(path.model, teacher.inference, problems);
    const pinned = model && (await lookup.teacher(path, { ...teacher, model }, dataset));
    if (pinned) teachers.push(pinned);
    const found = pinned ? await lookup.layersOf(pinned.modelDigest) : undefined;
    problems.push(...layerProblems(path.model, found));
    layers.push(found);
  }
  return { teachers, layers };
}
