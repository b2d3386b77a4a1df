/**
 * How a graph is asked about the rows of a table: which of its inputs takes which columns, and which output tells the
 * classes. scikit-learn's pipelines and Keras's models have an input for each column, or one for several; others have
 * one for all. Pure.
 */

import type { Problem } from '@lyceum/proto';
import { ownEntry } from '@lyceum/proto';
import type { TableColumn } from '../../datasets/index.js';
import { type ModelSettings, strangeSettings } from '../../models/index.js';
import type { GraphFormat } from './graph-classifier.js';
import { describeGraph, type GraphDescription } from './graph-description.js';
import {
  CELL_TYPES,
  type CellType,
  type ElementType,
  type GraphOutline,
  type GraphValue,
  type GraphWeights,
  graphValueText,
} from './graph-outline.js';
import { type RawClassifier, requireRawClassifier } from './raw-classifier.js';

export interface TableInput {
  readonly name: string;
  readonly cellType: CellType;
  /** Names of the columns, as the model has them and in its order. */
  readonly columns: readonly string[];
  /** Whether the shape is [R] instead of [R, columns]: some inputs of one column. */
  readonly isFlat: boolean;
}

export interface TableClassifier extends RawClassifier {
  readonly inputs: readonly TableInput[];
}

/**
 * Whether a graph reads a table's cells: its settings name columns, or it takes texts, or it has an input for each
 * column.
 */
export function readsColumns(
  { inputs }: Pick<GraphOutline, 'inputs'>,
  { columns }: Partial<ModelSettings>,
): boolean {
  if (columns !== undefined) return true;
  const isOfCells = inputs.every(
    ({ name, kind, elementType, shape }) =>
      kind === 'tensor' &&
      name !== 'input_ids' &&
      isCellType(elementType) &&
      (shape === undefined || shape.length <= 2),
  );
  return isOfCells && (inputs.length > 1 || inputs[0]?.elementType === 'string');
}

/** @throws {InvalidDocumentError} naming all reasons why the graph cannot be asked about a table's rows. */
export function requireTableClassifier(
  outline: GraphOutline,
  format: GraphFormat,
  given: Partial<ModelSettings>,
  source: string,
): TableClassifier {
  const problems = strangeSettings(given, "a table's columns", ['maximumTokens', 'padToken']);
  const inputs = tableInputs(outline.inputs, given.columns, problems);
  const fixedRows = outline.inputs
    .map(({ shape }) => shape?.[0])
    .find((rows) => rows !== undefined);
  const width = inputs.reduce((sum, { columns }) => sum + columns.length, 0);
  const rows = { fixedRows, width };
  return { inputs, ...requireRawClassifier(outline, format, given, rows, problems, source) };
}

/** The columns that the model reads, each once for each kind. */
export function columnsOf({ inputs }: Pick<TableClassifier, 'inputs'>): TableColumn[] {
  const seen = new Map<string, TableColumn>();
  for (const { cellType, columns } of inputs) {
    const kind = cellType === 'string' ? 'category' : 'number';
    for (const name of columns) seen.set(`${kind} ${name}`, { name, kind });
  }
  return [...seen.values()];
}

/** The description of a model that reads a table's columns. */
export function describeTable(
  outline: GraphOutline,
  weights: GraphWeights,
  classifier: TableClassifier,
  settings: ModelSettings,
): GraphDescription {
  const described = describeGraph(outline, weights, classifier, settings);
  return { ...described, reads: 'columns', columns: columnsOf(classifier) };
}

/**
 * Which columns each input takes. What keeps an input from taking some is added to the problems, with the path
 * `columns` or `graph.input`.
 */
export function tableInputs(
  inputs: readonly GraphValue[],
  columns: ModelSettings['columns'],
  problems: Problem[],
): TableInput[] {
  const [only] = inputs;
  const named =
    columns === undefined ? {} : isList(columns) ? { [only?.name ?? '']: columns } : columns;
  if (isList(columns ?? {}) && inputs.length !== 1) {
    const message = `is a list, and the model has ${inputs.length} inputs: want an object with a list for each, {${inputs.map(({ name }) => `"${name}": […]`).join(', ')}}`;
    problems.push({ path: 'columns', message });
    return [];
  }
  const names = new Set(inputs.map(({ name }) => name));
  const listed = inputs.map(graphValueText).join(', ');
  for (const name of Object.keys(named)) {
    if (names.has(name)) continue;
    const message = `names the input ${name}, which the model does not have; it has ${listed}`;
    problems.push({ path: 'columns', message });
  }
  return inputs.flatMap((input): TableInput[] => {
    const { name, elementType, shape } = input;
    const wrong = (message: string) => {
      problems.push({ path: 'graph.input', message: `${graphValueText(input)} ${message}` });
      return [];
    };
    if (
      input.kind !== 'tensor' ||
      !isCellType(elementType) ||
      ![1, 2].includes(shape?.length ?? 2)
    ) {
      return wrong(`takes no cells of a table; want ${CELL_TYPES.join(', ')}, [batch, columns]`);
    }
    const width = shape?.length === 1 ? 1 : shape?.[1];
    const own = ownEntry(named, name);
    if (own === undefined && (width ?? 1) > 1) {
      const want = inputs.length === 1 ? '[…]' : `{"${name}": […]}`;
      return wrong(`takes ${width} columns: name them in the settings, {"columns": ${want}}`);
    }
    const read = own ?? [name];
    if (width !== undefined && width !== read.length) {
      return wrong(`takes ${width} columns, and its settings name ${read.length}`);
    }
    return [{ name, cellType: elementType, columns: read, isFlat: shape?.length === 1 }];
  });
}

function isCellType(type: ElementType): type is CellType {
  return (CELL_TYPES as readonly string[]).includes(type);
}

function isList(columns: NonNullable<ModelSettings['columns']>): columns is readonly string[] {
  return Array.isArray(columns);
}
