/**
 * From a specification to a run record: looks up the set and models that it names, pins them, and reports all problems
 * at once. Problems within the specification itself were found before; here it is checked against the cluster.
 */
import { type RunSpecification, specificationDigest } from '@lyceum/learning/specification';
import { baselineRunId, InvalidDocumentError, NAME_MAX_LENGTH, type Problem } from '@lyceum/proto';
import {
  type ArtifactCatalog,
  ArtifactLookup,
  type DatasetOutline,
  type RemoteModels,
} from '../artifacts/index.js';
import {
  missingMethods,
  newRunRecord,
  type PinnedFeature,
  pluginDigestOf,
  type RunRecord,
  type RunStore,
  requireStorable,
} from '../runs/index.js';
import { planFeatures } from './plan-features.js';
import { planOnSet } from './plan-on-set.js';
import { planTeachers } from './plan-teachers.js';
import { unchangedProblems } from './problems/index.js';

export interface RunPlanRequest {
  readonly runId: string;
  readonly specification: RunSpecification;
  readonly nowMs: number;
  /** Aborts once the caller has disconnected. */
  readonly signal: AbortSignal;
}

/**
 * @returns the record of a new run, not stored yet.
 * @throws {InvalidDocumentError} naming every field that does not fit the cluster.
 */
export async function planRun(
  { runId, specification, nowMs, signal }: RunPlanRequest,
  catalog: ArtifactCatalog,
  runs: RunStore,
  remoteModels: RemoteModels,
): Promise<RunRecord> {
  const problems: Problem[] = [];
  const lookup = new ArtifactLookup(catalog, runs, problems);
  const { spec } = specification;

  const dataset = await lookup.dataset('spec.dataset', spec.dataset, signal);
  const { teachers, layers } = await planTeachers(
    specification,
    dataset?.outline,
    lookup,
    remoteModels,
  );
  const student = await lookup.student(spec.student, dataset?.outline);
  let features: PinnedFeature[] = [];
  if (specification.kind === 'Distillation') {
    const layered = { teachers: layers, student: student.layers };
    const planned = planFeatures(specification.spec, layered);
    features = planned.features;
    problems.push(...planned.problems, ...unchangedProblems(specification.spec, teachers));
  }
  const related = relatedRuns(runId, specification, lookup, dataset?.outline);
  const parts = { teachers, areAllFound: teachers.length === layers.length, features, student };
  const planned = dataset && planOnSet(specification, dataset, parts, problems);
  problems.push(...missingMethods(specification));
  if (problems.length > 0 || dataset === undefined || planned === undefined) {
    throw new InvalidDocumentError(`run ${runId}`, problems);
  }
  const pluginDigest = pluginDigestOf(specification);
  const record = newRunRecord({
    runId,
    sequence: runs.nextSequence(),
    leaderEpoch: runs.leaderEpoch,
    specification,
    specificationDigest: specificationDigest(specification),
    dataset: { ...dataset.reference, classCount: dataset.outline.classCount },
    teachers,
    features,
    ...(pluginDigest !== undefined && { pluginDigest }),
    ...(student.modelDigest !== undefined && { studentModelDigest: student.modelDigest }),
    ...(student.modality !== undefined && { studentModality: student.modality }),
    ...related,
    ...planned,
    submittedAtMs: nowMs,
  });
  requireStorable(record);
  return record;
}

type Related = Pick<RunRecord, 'baselineRunId' | 'allLabelsRunId'>;

function relatedRuns(
  runId: string,
  specification: RunSpecification,
  lookup: ArtifactLookup,
  dataset: DatasetOutline | undefined,
): Related {
  if (specification.kind !== 'Distillation') return {};
  const { baseline, references } = specification.spec.student;
  const related: Related = {};
  if (baseline === 'train') {
    related.baselineRunId = baselineRunId(runId);
    if (related.baselineRunId.length > NAME_MAX_LENGTH) {
      const longest = NAME_MAX_LENGTH - (related.baselineRunId.length - runId.length);
      lookup.problems.push({
        path: 'spec.student.baseline',
        message: `names its run ${related.baselineRunId}, which is too long; at most ${longest} letters for this run's id`,
      });
    }
  } else if (baseline !== 'none') {
    related.baselineRunId = lookup.run('spec.student.baseline', baseline, dataset);
  }
  if (references.studentAllLabels !== undefined) {
    const path = 'spec.student.references.studentAllLabels';
    related.allLabelsRunId = lookup.run(path, references.studentAllLabels, dataset);
  }
  return related;
}
