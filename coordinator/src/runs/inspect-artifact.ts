/** What a file that claims to be a model package or a data set is, found out in a thread of its own. */
import { Worker } from 'node:worker_threads';
import type { Dataset } from '@lyceum/learning/data';
import { type ErrorCode, InvalidDocumentError, LyceumError, type Problem } from '@lyceum/proto';

export type ArtifactKindName = 'model' | 'dataset';

export interface InspectionRequest {
  readonly kind: ArtifactKindName;
  readonly file: string;
}

/** A data set without its inputs, which take most of its memory and which only workers need. */
export type DatasetOutline = Dataset;

export type ArtifactInspection =
  | {
      readonly kind: 'model';
      readonly digest: string;
      readonly description: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: 'dataset';
      readonly digest: string;
      readonly description: Readonly<Record<string, unknown>>;
      readonly outline: DatasetOutline;
    };

export interface InspectionReply {
  readonly inspection?: ArtifactInspection;
  readonly error?: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly problems: readonly Problem[] | undefined;
  };
}

/** The built thread, seen from src/ and from dist/ alike: threads are started from files that Node can run. */
const THREAD = new URL('../../dist/runs/artifact-thread.js', import.meta.url);

/**
 * @param what - what to call the file in an error.
 * @throws {LyceumError} INVALID_ARGUMENT naming what is wrong with it.
 */
export function inspectArtifact(
  kind: ArtifactKindName,
  file: string,
  what: string,
): Promise<ArtifactInspection> {
  return new Promise((resolve, reject) => {
    const workerData: InspectionRequest = { kind, file };
    const thread = new Worker(THREAD, { workerData });
    thread.once('message', ({ inspection, error }: InspectionReply) => {
      if (inspection !== undefined) resolve(inspection);
      else if (error?.problems !== undefined)
        reject(new InvalidDocumentError(what, error.problems));
      else reject(new LyceumError(error?.code ?? 'INTERNAL', `${what}: ${error?.message ?? ''}`));
    });
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`the artifact thread ended with ${code}`)));
  });
}
