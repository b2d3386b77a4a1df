/** Handlers of `ArtifactService`; what each call promises is in coordinator.proto. */
import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePartialSettings } from '@lyceum/learning/models';
import { checkInferenceDescription } from '@lyceum/learning/specification';
import {
  clientStream,
  type Logger,
  requireRoom,
  serverStream,
  unary,
  withPath,
} from '@lyceum/platform';
import type { KeyValue } from '@lyceum/platform/nats';
import {
  Artifact,
  ArtifactKind,
  DATASET_MAX_BYTES,
  type DeleteArtifactRequest,
  type DeleteArtifactResponse,
  DOCUMENT_MAX_BYTES,
  type ListArtifactsRequest,
  type ListArtifactsResponse,
  LyceumError,
  MODEL_MAX_BYTES,
  type PullArtifactRequest,
  type PullArtifactResponse,
  type PushArtifactHeader,
  type PushArtifactRequest,
  type PushArtifactResponse,
  type PushInferenceModelRequest,
  requireArtifactName,
  shownName,
} from '@lyceum/proto';
import {
  type ArtifactCatalog,
  type ArtifactKindName,
  DOWNLOAD_STALL_MS,
  type Downloads,
  headerAndChunks,
  type NamedArtifact,
  type RemoteModels,
  UPLOAD_STALL_MS,
} from '../artifacts/index.js';
import { deleteUnreferred } from '../lifecycle/index.js';
import { blobsOf, type RunStore } from '../runs/index.js';
import { hasEnded } from '../schedule/index.js';

export interface ArtifactServiceParts {
  readonly catalog: ArtifactCatalog;
  readonly remoteModels: RemoteModels;
  readonly store: RunStore;
  readonly pointers: KeyValue;
  readonly downloads: Downloads;
  readonly log: Logger;
  readonly now: () => number;
}

const MAX_BYTES: Readonly<Record<ArtifactKindName, number>> = {
  model: MODEL_MAX_BYTES,
  dataset: DATASET_MAX_BYTES,
};

export function artifactService(parts: ArtifactServiceParts) {
  const { log } = parts;
  return {
    pushArtifact: clientStream<PushArtifactRequest, PushArtifactResponse>(
      log,
      (requests) => push(parts, requests),
      { stallMs: UPLOAD_STALL_MS },
    ),
    pushInferenceModel: unary<PushInferenceModelRequest, PushArtifactResponse>(log, (request) =>
      pushInferenceModel(parts, request),
    ),
    pullArtifact: serverStream<PullArtifactRequest, PullArtifactResponse>(
      log,
      (request) => pull(parts, request),
      { stallMs: DOWNLOAD_STALL_MS },
    ),
    listArtifacts: unary<ListArtifactsRequest, ListArtifactsResponse>(log, async ({ kind }) => {
      const unspecified = kind === ArtifactKind.ARTIFACT_KIND_UNSPECIFIED;
      const artifacts = await parts.catalog.list(unspecified ? undefined : kindName(kind));
      return { artifacts: artifacts.map(artifactMessage) };
    }),
    deleteArtifact: unary<DeleteArtifactRequest, DeleteArtifactResponse>(log, (request) =>
      remove(parts, request),
    ),
  };
}

/** The coordinator's disk may hold a push three times: the upload, the copy of NATS, and a NATS on the same disk. */
const COPY_COUNT = 3;

async function push(
  { catalog, log, now }: ArtifactServiceParts,
  requests: AsyncIterable<PushArtifactRequest>,
): Promise<PushArtifactResponse> {
  const { header, chunks } = await headerAndChunks(requests);
  const { kind, name, sizeBytes } = checkedHeader(header);
  requireRoom(catalog.uploadFolder, COPY_COUNT * sizeBytes, `${kind} ${name}`);
  const file = join(catalog.uploadFolder, randomUUID());
  try {
    await withPath('write', file, () => receive(chunks, file, sizeBytes), sizeBytes);
    const { artifact, created } = await catalog.push(kind, name, file, now());
    log.info({ kind, name, digest: artifact.digest, created }, 'artifact pushed');
    return { artifact: artifactMessage(artifact), created };
  } finally {
    await rm(file, { force: true });
  }
}

async function pushInferenceModel(
  { remoteModels, log }: ArtifactServiceParts,
  { name, descriptionJson, settingsJson }: PushInferenceModelRequest,
): Promise<PushArtifactResponse> {
  requireArtifactName(name);
  const source = 'the description';
  requireShort(descriptionJson, source);
  requireShort(settingsJson, 'the settings');
  const description = checkInferenceDescription(jsonOf(descriptionJson, source), source);
  const given = parsePartialSettings(settingsJson);
  const { artifact, created } = await remoteModels.push(name, description, given);
  log.info({ kind: 'model', name, digest: artifact.digest, created }, 'artifact pushed');
  return { artifact: artifactMessage(artifact), created };
}

/** @throws {LyceumError} INVALID_ARGUMENT */
function requireShort(text: string, source: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= DOCUMENT_MAX_BYTES) return;
  const message = `${source} has ${bytes} bytes; at most ${DOCUMENT_MAX_BYTES} are read`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

function jsonOf(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new LyceumError('INVALID_ARGUMENT', `${source} is not JSON`);
  }
}

async function receive(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
  sizeBytes: number,
): Promise<void> {
  const file = await open(path, 'wx');
  let received = 0;
  try {
    for await (const chunk of chunks) {
      received += chunk.length;
      if (received > sizeBytes) break;
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  if (received !== sizeBytes) {
    const got = received > sizeBytes ? 'more' : String(received);
    const message = `the header says ${sizeBytes} bytes, and ${got} came`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
}

async function* pull(
  { catalog, store, downloads }: ArtifactServiceParts,
  { kind, name }: PullArtifactRequest,
): AsyncGenerator<PullArtifactResponse, void, undefined> {
  if (name.startsWith('run:')) {
    const { runId, state, outcome, dataset } = store.require(name.slice('run:'.length));
    if (kindName(kind) === 'dataset') {
      yield* downloads.chunks(dataset.digest);
      return;
    }
    if (outcome === undefined) {
      const message = `run ${runId} is ${state} and has no student`;
      throw new LyceumError('NOT_FOUND', message);
    }
    yield* downloads.chunks(outcome.modelDigest);
    return;
  }
  const artifact = await requireArtifact(catalog, kindName(kind), name);
  yield* downloads.chunks(artifact.digest);
}

async function remove(
  parts: ArtifactServiceParts,
  { kind, name }: DeleteArtifactRequest,
): Promise<DeleteArtifactResponse> {
  const { catalog, store, log } = parts;
  const artifact = await requireArtifact(catalog, kindName(kind), name);
  const { digest } = artifact;
  const user = store.list().find((r) => !hasEnded(r.state) && blobsOf(r).includes(digest));
  if (user !== undefined) {
    const message = `${artifact.kind} ${name} is used by run ${user.runId}, which is ${user.state}`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  // Runs that have ended keep what a retry, or a run that builds on theirs, will need.
  await catalog.forget(artifact);
  await deleteUnreferred(parts, [digest]);
  log.info({ kind: artifact.kind, name, digest }, 'artifact deleted');
  return {};
}

/** @throws {LyceumError} INVALID_ARGUMENT, RESOURCE_EXHAUSTED */
function checkedHeader(header: PushArtifactHeader): {
  kind: ArtifactKindName;
  name: string;
  sizeBytes: number;
} {
  const { name, sizeBytes } = header;
  const kind = kindName(header.kind);
  requireArtifactName(name);
  if (sizeBytes > MAX_BYTES[kind]) {
    const message = `${name} has ${sizeBytes} bytes; at most ${MAX_BYTES[kind]} are taken`;
    throw new LyceumError('RESOURCE_EXHAUSTED', message);
  }
  return { kind, name, sizeBytes };
}

async function requireArtifact(
  catalog: ArtifactCatalog,
  kind: ArtifactKindName,
  name: string,
): Promise<NamedArtifact> {
  const artifact = await catalog.find(kind, name);
  if (artifact !== undefined) return artifact;
  throw new LyceumError(
    'NOT_FOUND',
    `there is no ${kind === 'model' ? 'model' : 'data set'} ${shownName(name)}`,
  );
}

/** @throws {LyceumError} INVALID_ARGUMENT */
function kindName(kind: ArtifactKind): ArtifactKindName {
  if (kind === ArtifactKind.ARTIFACT_KIND_MODEL) return 'model';
  if (kind === ArtifactKind.ARTIFACT_KIND_DATASET) return 'dataset';
  throw new LyceumError('INVALID_ARGUMENT', `want a model or a data set, got kind ${kind}`);
}

function artifactMessage(artifact: NamedArtifact): Artifact {
  const { name, digest, sizeBytes, pushedAtMs, description } = artifact;
  const kind =
    artifact.kind === 'model'
      ? ArtifactKind.ARTIFACT_KIND_MODEL
      : ArtifactKind.ARTIFACT_KIND_DATASET;
  const descriptionJson = JSON.stringify(description);
  return Artifact.fromPartial({ kind, name, digest, sizeBytes, pushedAtMs, descriptionJson });
}
