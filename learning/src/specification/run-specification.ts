/**
 * A run as its user writes it: who teaches, on what, how answers are combined, what the student minimises.
 *
 * Read once, checked whole, frozen. {@link parseRunSpecification} fills in every default, so that the rest of the
 * program knows none. What only the cluster can know (does the model exist, do the class counts agree) is checked by
 * the coordinator at submit.
 */
import { createHash } from 'node:crypto';
import { InvalidDocumentError, SPECIFICATION_MAX_BYTES, YAML_MAX_MARKS } from '@lyceum/proto';
import { z } from 'zod';
import { boundsProblem, isMapping, parseYamlDocument, problemsOf } from '../documents/index.js';
import { problemsBetweenFields } from './run-specification-rules.js';
import { type RunSpecification, runSpecification } from './run-specification-schema.js';

/**
 * Reads a specification from an already parsed document and fills in every default.
 *
 * @param source - what to call the document in an error, a file name for one.
 * @throws {InvalidDocumentError} naming every field that is wrong.
 */
export function checkRunSpecification(document: unknown, source: string): RunSpecification {
  const unbounded = boundsProblem(document);
  if (unbounded !== undefined) throw new InvalidDocumentError(source, [unbounded]);
  const result = runSpecification.safeParse(document);
  const problems = [
    ...(result.success ? [] : problemsOf(result.error)),
    ...problemsBetweenFields(document),
  ];
  if (!result.success || problems.length > 0) throw new InvalidDocumentError(source, problems);
  return frozen(result.data);
}

/**
 * Reads a specification from YAML (JSON is YAML).
 *
 * @throws {InvalidDocumentError} if it is too long, not YAML, or not a specification.
 */
export function parseRunSpecification(source: string, sourceName: string): RunSpecification {
  const bytes = Buffer.byteLength(source);
  if (bytes > SPECIFICATION_MAX_BYTES) {
    const message = `is ${bytes} bytes long; at most ${SPECIFICATION_MAX_BYTES} are read`;
    throw new InvalidDocumentError(sourceName, [{ path: '', message }]);
  }
  const markCount = yamlMarkCount(source);
  if (markCount > YAML_MAX_MARKS) {
    const message = `has ${markCount} line ends, commas and brackets; at most ${YAML_MAX_MARKS} are read`;
    throw new InvalidDocumentError(sourceName, [{ path: '', message }]);
  }
  const read = parseYamlDocument(source);
  if ('problem' in read) throw new InvalidDocumentError(sourceName, [read.problem]);
  return checkRunSpecification(read.value, sourceName);
}

/** Line ends, commas and brackets: about as many as a text in YAML has entries. */
export function yamlMarkCount(text: string): number {
  return text.match(/[\n\r,[{]/g)?.length ?? 0;
}

/** The specification's normalised text: every default filled in, keys in a fixed order. */
export function normalisedText(specification: RunSpecification): string {
  return JSON.stringify(specification, sortKeys);
}

/** SHA-256, hex, of the normalised text: equal for two specifications that mean the same. */
export function specificationDigest(specification: RunSpecification): string {
  return createHash('sha256').update(normalisedText(specification)).digest('hex');
}

/** JSON Schema (2020-12) of what a user may write, for editors. */
export function runSpecificationJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(runSpecification, { io: 'input' }), title: 'Lyceum run' };
}

function sortKeys(_key: string, value: unknown): unknown {
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) frozen(part);
    Object.freeze(value);
  }
  return value;
}
