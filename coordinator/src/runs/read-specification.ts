/** A specification from the text that somebody submitted, without keeping everybody else waiting. */
import {
  checkRunSpecification,
  parseRunSpecification,
  type RunSpecification,
  SPECIFICATION_INLINE_BYTES,
} from '@lyceum/proto';
import { runTask } from './run-task.js';
import type { SpecificationText } from './specification-task.js';

/** @throws {InvalidDocumentError} if it is too long, not YAML, or no specification. */
export async function readSpecification(text: string, source: string): Promise<RunSpecification> {
  if (Buffer.byteLength(text) <= SPECIFICATION_INLINE_BYTES) {
    return parseRunSpecification(text, source);
  }
  const request = { text, source };
  const read = await runTask<SpecificationText, unknown>(
    'runs/specification-task',
    request,
    source,
  );
  return checkRunSpecification(read, source);
}
