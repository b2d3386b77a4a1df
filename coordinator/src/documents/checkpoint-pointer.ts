/**
 * The checkpoint pointer: the only record of a run's progress (KV, one key per run, compare-and-set).
 *
 * The coordinator alone writes it: at each assignment, with the next `assignmentEpoch` and the old checkpoint, and
 * when the assigned student worker commits a checkpoint. After an assignment the former owner can commit nothing,
 * since it knows only the old epoch.
 */
import { problemsOf } from '@lyceum/learning/documents';
import { InvalidDocumentError } from '@lyceum/proto';
import { z } from 'zod';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const checkpointPointer = z.strictObject({
  runId: z.string(),
  attempt: z.int().positive(),
  assignmentEpoch: z.int().positive(),
  /** Steps that the checkpoint has behind it; 0: there is none. */
  step: z.int().min(0),
  /** SHA-256 of the checkpoint's blob; absent at step 0. */
  digest: digest.optional(),
  /** When the run was deleted. The pointer stays a while, so that a new run of this id goes on with its epochs. */
  deletedAtMs: z.int().positive().optional(),
  /** The checkpoint before, for when this one turns out corrupt. */
  previous: z.strictObject({ step: z.int().positive(), digest }).optional(),
});

export type CheckpointPointer = z.output<typeof checkpointPointer>;

/**
 * Reads a pointer as it lies in the bucket.
 *
 * @throws {InvalidDocumentError} if it is not one.
 */
export function parseCheckpointPointer(text: string, source: string): CheckpointPointer {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new InvalidDocumentError(source, [{ path: '', message: 'is not JSON' }]);
  }
  const result = checkpointPointer.safeParse(document);
  if (!result.success) throw new InvalidDocumentError(source, problemsOf(result.error));
  return result.data;
}
