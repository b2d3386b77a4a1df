/** What a graph that is given texts or a table's cells has as a classifier, whichever of the two it is given. Pure. */
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
  /** What the file tells of its own settings, with those that were given. */
  readonly settings: Partial<ModelSettings>;
  readonly classCount: number | undefined;
  /** Rows that it must be given; undefined: any number. */
  readonly fixedRows: number | undefined;
}

/** What its inputs say. */
export interface RawRows {
  /** Of a batch; undefined: any number. */
  readonly fixedRows: number | undefined;
  /** Values of one row. */
  readonly width: number;
}

/**
 * @param problems - that are known of its inputs and settings.
 * @throws {InvalidDocumentError} naming these, and all that keeps the graph from telling classes.
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
