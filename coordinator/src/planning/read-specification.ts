/** Reads a specification from the submitted text; long texts in a thread, so that other calls need not wait. */
import {
  checkRunSpecification,
  parseRunSpecification,
  type RunSpecification,
  yamlMarkCount,
} from '@lyceum/learning/specification';
import { SPECIFICATION_INLINE_BYTES, SPECIFICATION_INLINE_MARKS } from '@lyceum/proto';
import { runTask } from '../tasks/index.js';

interface SpecificationText {
  readonly text: string;
  readonly source: string;
}

/** @throws {InvalidDocumentError} if the text is too long, not YAML, or no specification. */
export async function readSpecification(text: string, source: string): Promise<RunSpecification> {
  if (isShort(text)) return parseRunSpecification(text, source);
  const read = await runTask<SpecificationText, unknown>(
    new URL('../../dist/planning/read-specification.js', import.meta.url),
    'parseText',
    { text, source },
    source,
  );
  return checkRunSpecification(read, source);
}

/**
 * Runs in a thread: large generated YAML takes seconds.
 *
 * @public The thread finds this function by its name.
 * @returns the specification, every default filled in.
 */
export function parseText({ text, source }: SpecificationText): unknown {
  return parseRunSpecification(text, source);
}

/** Whether reading the text takes a few milliseconds at most, whatever its content. */
function isShort(text: string): boolean {
  return (
    Buffer.byteLength(text) <= SPECIFICATION_INLINE_BYTES &&
    yamlMarkCount(text) <= SPECIFICATION_INLINE_MARKS
  );
}
