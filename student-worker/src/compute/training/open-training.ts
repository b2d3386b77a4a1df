/** Opens the set, student and checkpoint of an assignment, and checks that they belong together. */
import { readFile } from 'node:fs/promises';
import {
  type Dataset,
  parseStoredDataset,
  seenDataset,
  withoutRaw,
} from '@lyceum/learning/datasets';
import { targetRowShape } from '@lyceum/learning/ensemble';
import { parseModelPackage } from '@lyceum/learning/formats';
import { specificationDigest } from '@lyceum/learning/specification';
import type { Engine } from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';
import { checkNumerics, type StudentPictures, type TrainingJob } from '../../job/index.js';
import { BatchSource, SampleWindows, Student, studentModality } from '../student/index.js';
import { type Checkpoint, readCheckpoint } from './checkpoint-file.js';

export interface TrainingParts {
  readonly engine: Engine;
  readonly job: TrainingJob;
  readonly dataset: Dataset;
  /** Brings samples into memory, for training and for measuring. */
  readonly windows: SampleWindows;
  readonly batches: BatchSource;
  /** Owned by the caller; in the state of `resumed` if there is one. */
  readonly student: Student;
  readonly resumed: Checkpoint | undefined;
}

/** @throws {LyceumError} if set, model or checkpoint cannot be read, or do not belong together. */
export async function openTraining(
  engine: Engine,
  job: TrainingJob,
  pictures: StudentPictures,
): Promise<TrainingParts> {
  const { specification, studentModelFile, checkpointFile, cut } = job;
  const start =
    studentModelFile === undefined
      ? undefined
      : parseModelPackage(await readFile(studentModelFile));
  const stored = parseStoredDataset(await readFile(job.datasetFile));
  const dataset = withoutRaw(seenDataset(stored, studentModality(specification, start)));
  const windows = new SampleWindows(dataset, pictures);
  const shards = cut && { windows, cut };
  const batches = new BatchSource(dataset, specification, shards);
  const student = await Student.open(
    engine,
    specification,
    dataset,
    start,
    new Map(job.targetTensors.map(({ name, rowShape }) => [name, rowShape])),
  );
  try {
    checkTargets(job, student, dataset);
    const resumed = checkpointFile === undefined ? undefined : await readCheckpoint(checkpointFile);
    if (resumed !== undefined) {
      checkBelongs(resumed, job, dataset, batches.plan.stepCount);
      checkNumerics(resumed, job.acceptedNumerics);
      student.restore(resumed.state);
    }
    return { engine, job, dataset, windows, batches, student, resumed };
  } catch (err) {
    student.dispose();
    throw err;
  }
}

function checkTargets(job: TrainingJob, student: Student, dataset: Dataset): void {
  const rowShapes = new Map(job.targetTensors.map(({ name, rowShape }) => [name, rowShape]));
  for (const target of student.targets) {
    const { name } = target;
    const want = targetRowShape(target, dataset.classCount);
    if (String(rowShapes.get(name)) !== String(want)) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `the objective needs target ${name} of [${want}] a row; the assignment has [${rowShapes.get(name) ?? 'none'}]`,
      );
    }
  }
}

function checkBelongs(
  checkpoint: Checkpoint,
  job: TrainingJob,
  dataset: Dataset,
  stepCount: number,
): void {
  const same =
    checkpoint.specificationDigest === specificationDigest(job.specification) &&
    checkpoint.datasetDigest === dataset.digest &&
    checkpoint.teacherIdentities.join() === job.teacherIdentities.join() &&
    checkpoint.step <= stepCount;
  if (!same) {
    throw new LyceumError(
      'FAILED_PRECONDITION',
      `checkpoint ${job.checkpointFile} belongs to another specification, data set or ensemble`,
    );
  }
}
