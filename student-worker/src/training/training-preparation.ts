/**
 * From an assignment to a job that the compute thread can start: all files on the local disk, verified, and the run's
 * pointer known to be this worker's.
 */
import { join } from 'node:path';
import { isManifestFile } from '@lyceum/learning/datasets';
import { checkRunSpecification, type RunSpecification } from '@lyceum/learning/specification';
import type { WorkerWindows } from '@lyceum/learning/windows';
import { BlobCache, type Nats } from '@lyceum/platform/nats';
import { type AssignedRun, digestHex, InvalidDocumentError, LyceumError } from '@lyceum/proto';
import {
  type CommitStart,
  type CoordinatorStore,
  findResumePoint,
  RunFolder,
} from '../checkpoints/index.js';
import type { OrderCut, TrainingJob } from '../job/index.js';
import { type Patience, patiently } from '../session/index.js';
import type { AwaitedPictures } from './awaited-pictures.js';

/** Bytes of data sets and starting models that stay on the worker's disk: room for two of the largest pushed ones. */
const BLOB_CACHE_MAX_BYTES = 4 * 1024 ** 3;

export interface PreparedTraining {
  readonly job: TrainingJob;
  /** Number of steps that are done already. */
  readonly step: number;
  readonly start: CommitStart;
  /** SHA-256, hex. */
  readonly datasetDigest: string;
}

interface PreparationParts {
  readonly nats: Nats;
  readonly store: Pick<CoordinatorStore, 'checkpoints'>;
  readonly stateDir: string;
  readonly datasetsRoot: string | undefined;
  readonly windows: WorkerWindows;
  /** Records what pictures are waited for. */
  readonly awaited: AwaitedPictures;
  readonly patience: Patience;
}

/**
 * Waits for NATS and the coordinator, and for a pointer that does not name the assignment yet.
 *
 * @throws {LyceumError} ABORTED if the run has a newer owner; CANCELLED if the work was given up; INVALID_ARGUMENT
 *   or NOT_FOUND if the assignment cannot be worked on; UnreadableSetError for a set in shards that cannot be read.
 */
export async function prepareTraining(
  run: AssignedRun,
  parts: PreparationParts,
): Promise<PreparedTraining> {
  const { nats, store, stateDir, datasetsRoot, patience } = parts;
  const { runId, assignmentEpoch } = run;
  const specification = readSpecification(run);
  const dataset = datasetReference(run);
  const checkpoints = await patiently('checkpoint pointer', patience, () => store.checkpoints());
  const blobs = await patiently('blob store', patience, () => nats.blobs({ create: false }));
  const cache = new BlobCache(join(stateDir, 'blobs'), blobs, BLOB_CACHE_MAX_BYTES, datasetsRoot);
  const files = await fetchFiles(run, dataset, cache, parts);
  const folder = await RunFolder.open(stateDir, runId);
  const resume = await patiently('checkpoint', patience, () =>
    findResumePoint(checkpoints, { folder, blobs, log: patience.log }),
  );
  await folder.keepOnly(resume.file === undefined ? [] : [resume.file]);
  return {
    job: {
      runId,
      assignmentEpoch,
      specification,
      ...files,
      teacherIdentities: run.teacherIdentities.map(digestHex),
      acceptedNumerics: run.acceptedNumerics,
      targetTensors: run.targetTensors,
      ...(resume.file === undefined ? {} : { checkpointFile: resume.file }),
      outputFolder: folder.path,
      windowSteps: run.windowSteps,
    },
    step: resume.from?.step ?? 0,
    start: { named: checkpoints.newest, from: resume.from, file: resume.file },
    datasetDigest: dataset.digest,
  };
}

/** Fetches the files from the store to this disk, and opens a set in shards. */
async function fetchFiles(
  run: AssignedRun,
  { digest, path }: DatasetReference,
  cache: BlobCache,
  { windows, awaited, patience }: PreparationParts,
): Promise<Pick<TrainingJob, 'datasetFile' | 'cut' | 'studentModelFile'>> {
  const datasetFile = await patiently('data set', patience, () =>
    path === ''
      ? cache.file(digest).catch(lostFrom('its data set', digest))
      : cache.file(digest, { path, signal: patience.signal }),
  );
  const isSharded = isManifestFile(datasetFile);
  if (isSharded) {
    await awaited.read(patience, () => windows.open({ digest, file: datasetFile }));
  }
  const cut = isSharded ? orderCut(run, windows.windowBytes) : undefined;
  if (run.studentModelDigest.length === 0) return { datasetFile, cut };
  const modelDigest = digestHex(run.studentModelDigest);
  const studentModelFile = await patiently('student model', patience, () =>
    cache.file(modelDigest).catch(lostFrom("its student's model", modelDigest)),
  );
  return { datasetFile, cut, studentModelFile };
}

/** If the store has a file no more, the error also says how it comes back. */
function lostFrom(what: string, digest: string): (thrown: unknown) => never {
  return (thrown) => {
    if (!(thrown instanceof LyceumError) || thrown.code !== 'NOT_FOUND') throw thrown;
    const message = `${what} ${digest.slice(0, 12)} cannot be read: ${thrown.message}; push the same again`;
    throw new LyceumError('NOT_FOUND', message, { cause: thrown });
  };
}

/** @throws {InvalidDocumentError} if the set is in shards and the coordinator has not said how its order is cut. */
function orderCut(
  { runId, spanPositions, blockPositions }: AssignedRun,
  windowBytes: number,
): OrderCut {
  if (spanPositions === 0) {
    throw new InvalidDocumentError(`assignment of run ${runId}`, [
      { path: 'spanPositions', message: 'is missing, and the data set is in shards' },
    ]);
  }
  return {
    spanPositions,
    blockPositions,
    windowBytes,
  };
}

function readSpecification({ runId, specificationJson }: AssignedRun): RunSpecification {
  const source = `specification of run ${runId}`;
  let document: unknown;
  try {
    document = JSON.parse(specificationJson);
  } catch {
    throw new InvalidDocumentError(source, [{ path: '', message: 'is not JSON' }]);
  }
  return checkRunSpecification(document, source);
}

interface DatasetReference {
  readonly digest: string;
  readonly path: string;
}

function datasetReference({ runId, dataset }: AssignedRun): DatasetReference {
  if (dataset !== undefined) return { digest: digestHex(dataset.digest), path: dataset.path };
  throw new InvalidDocumentError(`assignment of run ${runId}`, [
    { path: 'dataset', message: 'is missing' },
  ]);
}
