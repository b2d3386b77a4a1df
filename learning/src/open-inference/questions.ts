/**
 * What a server is asked about samples: their numbers, in one input, or the cells of their rows, in an input for each
 * column or for several. Pure.
 */
import { elementCount, LyceumError, ownEntry, type Problem } from '@lyceum/proto';
import type { Dataset } from '../datasets/index.js';
import {
  boundInputs,
  type CellType,
  type InputCells,
  inputCells,
  requireTable,
  type TableInput,
} from '../formats/graphs/index.js';
import { describeRemote, type RemotePackage } from '../formats/remote/index.js';
import { ModelInputs, type ModelSettings, sampleShapeError } from '../models/index.js';
import type {
  Example,
  FoundModel,
  InferenceDescription,
  InferenceTensorMetadata,
} from '../specification/index.js';
import type { ViewAt } from '../views/index.js';
import { CANARY_TEXTS, canaryInputs } from './canaries.js';
import { DATATYPES, type InputTensor } from './input-tensors.js';
import { isNumberDatatype, type NumberDatatype } from './tensor-bytes.js';

type Question = FoundModel['question'];

/** A part of `FoundModel`. */
export interface Questioned {
  readonly question: Question;
  readonly inputs: readonly InferenceTensorMetadata[];
}

/** Inputs of a request about samples of a set, as the model takes them. @param samples - indices into the set. */
export type ReadQuestion = (samples: Uint32Array, view: ViewAt) => readonly InputTensor[];

/**
 * @param remote - with the settings that a run has for the model.
 * @throws {LyceumError} INVALID_ARGUMENT if the set has other samples or columns than the model takes, or its input
 *   takes no numbers. The function that is returned throws the same if a cell does not fit its input.
 */
export function questionReader(remote: RemotePackage, dataset: Dataset): ReadQuestion {
  const { question } = remote.found;
  if ('table' in question) {
    const inputs = boundInputs(question.table, dataset);
    return (samples) => inputs.map((input) => cellTensor(inputCells(input, samples)));
  }
  const { input: name, sampleShape } = question;
  const datatype = datatypeOf(name, remote.found.inputs);
  const inputs = new ModelInputs(dataset, remote.settings, describeRemote(remote).inputShape);
  if (inputs.size !== elementCount(sampleShape)) {
    throw sampleShapeError(sampleShape, inputs.modelShape);
  }
  return (samples, view) => {
    const values = new Float32Array(samples.length * inputs.size);
    inputs.read(samples, view, values);
    return [{ name, datatype, shape: [samples.length, ...sampleShape], values }];
  };
}

function datatypeOf(name: string, inputs: Questioned['inputs']): NumberDatatype {
  const datatype = inputs.find((input) => input.name === name)?.datatype ?? 'not there';
  if (isNumberDatatype(datatype)) return datatype;
  const message = `the model's input ${name} is ${datatype}; want numbers`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

/**
 * Looks at all samples of a set before a model is asked about some.
 *
 * @throws {LyceumError} INVALID_ARGUMENT as {@link questionReader}, or naming the first cell that does not fit.
 */
export function requireSamples(remote: RemotePackage, dataset: Dataset): void {
  const { question } = remote.found;
  if ('table' in question) requireTable({ inputs: question.table }, dataset);
  else questionReader(remote, dataset);
}

/**
 * The canaries' inputs.
 *
 * @param examples - rows of the table that the canaries are made of; absent: the cells are made up.
 */
export function canaryQuestion(
  { question, inputs }: Questioned,
  { examples }: Pick<InferenceDescription, 'examples'>,
  { scale = 1 }: Partial<ModelSettings>,
  rows: number,
): readonly InputTensor[] {
  if ('table' in question) return madeUpRows(question.table, examples, rows);
  const { input: name, sampleShape } = question;
  const datatype = datatypeOf(name, inputs);
  const values = canaryInputs(rows, elementCount(sampleShape), scale);
  return [{ name, datatype, shape: [rows, ...sampleShape], values }];
}

function madeUpRows(
  table: readonly TableInput[],
  examples: readonly Example[] | undefined,
  rows: number,
): readonly InputTensor[] {
  const width = table.reduce((sum, { columns }) => sum + columns.length, 0);
  const numbers = canaryInputs(rows, width, 1);
  let column = 0;
  return table.map(({ name, cellType, columns, isFlat }) => {
    const first = column;
    column += columns.length;
    const cells = Array.from({ length: rows }, (_, row) =>
      columns.map((of, k) => {
        const example = examples?.[row % examples.length];
        if (example !== undefined) return exampleCell(example[of], cellType);
        if (cellType === 'string') return CANARY_TEXTS[row % CANARY_TEXTS.length] as string;
        const number = numbers[row * width + first + k] as number;
        return isFractional(cellType) ? number : Math.round(number);
      }),
    ).flat();
    const shape = isFlat ? [rows] : [rows, columns.length];
    return cellTensor({ name, cellType, shape, cells });
  });
}

/** What keeps examples from being rows of the table. */
export function exampleProblems(
  table: readonly TableInput[],
  examples: readonly Example[] = [],
): Problem[] {
  return examples.flatMap((example, place) =>
    table.flatMap(({ cellType, columns }) =>
      columns.flatMap((column) => {
        const want = problemOfCell(ownEntry(example, column), cellType);
        return want === undefined ? [] : [{ path: `examples[${place}].${column}`, message: want }];
      }),
    ),
  );
}

function problemOfCell(cell: Example[string] | undefined, type: CellType): string | undefined {
  if (cell === undefined) return 'is missing; want a value for each column that the model reads';
  if (type === 'string') return typeof cell === 'string' ? undefined : 'is no text; want one';
  if (isFractional(type))
    return typeof cell === 'string' ? 'is a text; want a number, or null' : undefined;
  if (typeof cell === 'boolean' || Number.isSafeInteger(cell)) return undefined;
  return `is no whole number, and the model takes ${DATATYPES[type]}`;
}

function exampleCell(cell: Example[string] | undefined, type: CellType): string | number {
  return type === 'string' ? String(cell) : cell === null ? Number.NaN : Number(cell);
}

function isFractional(type: CellType): boolean {
  return type === 'float32' || type === 'float64';
}

function cellTensor({ name, cellType, shape, cells }: InputCells): InputTensor {
  const datatype = DATATYPES[cellType];
  return datatype === 'BYTES'
    ? { name, datatype, shape, values: cells.map(String) }
    : { name, datatype, shape, values: cells.map(Number) };
}
