/** A graph as a classifier of texts or of a table's rows: the part that both have in common. Pure. */
import { InvalidDocumentError, type Problem } from '@lyceum/proto';
import type { ModelSettings } from '../../models/index.js';
import {
  classCountIn,
  classOutput,
  type GraphFormat,
  outputKind,
  requireBatchSize,
} from './graph-classifier.js';
import type { GraphOutline, GraphValue } from './graph-outline.js';

export interface RawClassifier {
  readonly output: GraphValue;
  /** The settings that the file tells of itself, and those that were given. */
  readonly settings: Partial<ModelSettings>;
  readonly classCount: number | undefined;
  /** Rows that a call must have; undefined: any number. */
  readonly fixedRows: number | undefined;
}

/** What the inputs say of the rows of a batch. */
export interface RawRows {
  /** Rows that a batch must have; undefined: any number. */
  readonly fixedRows: number | undefined;
  /** Values of one row. */
  readonly width: number;
}

/**
 * @param problems - those that are known already, of the inputs and settings.
 * @throws {InvalidDocumentError} naming these, and all reasons why the graph does not tell classes.
 */
export function requireRawClassifier(
  outline: GraphOutline,
  format: GraphFormat,
  given: Partial<ModelSettings>,
  { fixedRows, width }: RawRows,
  problems: Problem[],
  source: string,
): RawClassifier {
  requireBatchSize((fixedRows ?? 1) * width, problems);
  const output = classOutput(outline, format, given.outputName, problems);
  const kind = given.output ?? (output && outputKind(outline, format, output, problems));
  if (problems.length > 0 || output === undefined) throw new InvalidDocumentError(source, problems);
  const rowByRow = format.rowByRow.some((operation) => outline.operations.has(operation));
  return {
    output,
    settings: {
      ...given,
      ...(kind !== undefined && { output: kind }),
      ...(outline.outputs.length > 1 && { outputName: output.name }),
    },
    classCount: classCountIn(output),
    fixedRows: fixedRows ?? (rowByRow ? 1 : undefined),
  };
}
