/** A specification from the text that somebody submitted, without keeping everybody else waiting. */
import {
  checkRunSpecification,
  parseRunSpecification,
  type RunSpecification,
  SPECIFICATION_INLINE_BYTES,
  SPECIFICATION_INLINE_MARKS,
  yamlMarkCount,
} from '@lyceum/proto';
import { runTask } from './run-task.js';
import type { SpecificationText } from './specification-task.js';

/** @throws {InvalidDocumentError} if it is too long, not YAML, or no specification. */
export async function readSpecification(text: string, source: string): Promise<RunSpecification> {
  if (isShort(text)) return parseRunSpecification(text, source);
  const request = { text, source };
  const read = await runTask<SpecificationText, unknown>(
    'runs/specification-task',
    request,
    source,
  );
  return checkRunSpecification(read, source);
}

/** Whether it is read in a few milliseconds, whatever it says. */
function isShort(text: string): boolean {
  return (
    Buffer.byteLength(text) <= SPECIFICATION_INLINE_BYTES &&
    yamlMarkCount(text) <= SPECIFICATION_INLINE_MARKS
  );
}
