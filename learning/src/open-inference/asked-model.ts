/** How a model behind a server is asked as a classifier, by its metadata. Pure; problems say why it cannot be asked. */
import type { Problem } from '@lyceum/proto';
import {
  CELL_TYPES,
  type GraphValue,
  readsColumns,
  type TableInput,
  tableInputs,
} from '../formats/graphs/index.js';
import { tensorText } from '../formats/remote/index.js';
import { type Layout, type ModelSettings, strangeSettings } from '../models/index.js';
import type { InferenceDescription, InferenceTensorMetadata } from '../specification/index.js';
import { DATATYPES } from './input-tensors.js';
import { exampleProblems, type Questioned } from './questions.js';
import { isNumberDatatype } from './tensor-bytes.js';

/** A model's metadata as servers tell it, of which `FoundModel` has a part. */
export interface ModelMetadata {
  readonly platform: string;
  readonly versions: readonly string[];
  readonly inputs: readonly InferenceTensorMetadata[];
  readonly outputs: readonly InferenceTensorMetadata[];
}

export interface AskedModel extends Questioned {
  readonly output: InferenceTensorMetadata;
  /** The server tells no other output. */
  readonly isOnlyOutput: boolean;
  /** Layout of pictures; undefined: inputs are no pictures. */
  readonly layout: Layout | undefined;
  /** The scale that settings give; undefined: they give none, and it is 1. */
  readonly scale: number | undefined;
  /** Rows that a request must have; undefined: any number. */
  readonly fixedRows: number | undefined;
}

type Description = Pick<InferenceDescription, 'input' | 'inputShape' | 'examples'>;

/** @returns undefined if the model cannot be asked, with the reasons added to `problems`. */
export function askedModel(
  metadata: ModelMetadata,
  description: Description,
  settings: Partial<ModelSettings>,
  problems: Problem[],
): AskedModel | undefined {
  const inputs = namedInputs(metadata, description.input);
  const isTable = inputs.length > 0 && isOfColumns(inputs.map(graphValue), settings);
  const asked = isTable
    ? askedAboutRows(inputs, description, settings, problems)
    : askedAboutNumbers(metadata, description, settings, problems);
  const output = outputOf(metadata, settings.outputName, problems);
  const rows = inputs.map(({ shape }) => shape[0] ?? -1).find((size) => size > 0);
  if (problems.length > 0 || output === undefined || asked === undefined) return undefined;
  const isOnlyOutput = metadata.outputs.length === 1;
  return { ...asked, inputs: metadata.inputs, output, isOnlyOutput, fixedRows: rows };
}

function namedInputs({ inputs }: ModelMetadata, named: string | undefined) {
  return named === undefined ? inputs : inputs.filter(({ name }) => name === named);
}

/**
 * Whether the inputs take cells of a table. Several inputs of which one takes a list of numbers do so only where the
 * settings say it: the others may be switches of the model.
 */
function isOfColumns(inputs: readonly GraphValue[], settings: Partial<ModelSettings>): boolean {
  if (!readsColumns({ inputs }, settings)) return false;
  const isOneEach = inputs.every(({ shape = [] }) => (shape[1] ?? 1) === 1);
  return settings.columns !== undefined || isOneEach;
}

function askedAboutRows(
  inputs: readonly InferenceTensorMetadata[],
  { inputShape, examples }: Description,
  settings: Partial<ModelSettings>,
  problems: Problem[],
): Pick<AskedModel, 'question' | 'layout' | 'scale'> {
  const own: Problem[] = [];
  const others = ['maximumTokens', 'padToken'] as const;
  own.push(...strangeSettings(settings, "a table's columns", others));
  const table = tableInputs(inputs.map(graphValue), settings.columns, own);
  // In this file's messages the path of an input is `input`.
  const placed = (path: string) => (path === 'graph.input' ? 'input' : `settings.${path}`);
  problems.push(...own.map(({ path, message }) => ({ path: placed(path), message })));
  problems.push(...exampleProblems(table, examples));
  if (inputShape !== undefined) {
    const message = `is for samples of numbers, and the model reads cells: ${inputs.map(tensorText).join(', ')}`;
    problems.push({ path: 'inputShape', message });
  }
  return { question: { table: table.map(copied) }, layout: undefined, scale: undefined };
}

function askedAboutNumbers(
  metadata: ModelMetadata,
  description: Description,
  settings: Partial<ModelSettings>,
  problems: Problem[],
): Pick<AskedModel, 'question' | 'layout' | 'scale'> | undefined {
  const input = inputOf(metadata, description.input, problems);
  if (input === undefined) return undefined;
  const sampleShape = sampleShapeOf(input, description.inputShape, problems);
  if (sampleShape === undefined) return undefined;
  if (description.examples !== undefined) {
    const message = `are rows of a table, and the model's input is ${tensorText(input)}; name its columns in the settings, {"columns": […]}, or leave the examples out`;
    problems.push({ path: 'examples', message });
  }
  const layout = settings.layout ?? guessedLayout(sampleShape, problems);
  const question = { input: input.name, sampleShape: [...sampleShape] };
  return { question, layout, scale: scaleOf(input.datatype, sampleShape, settings) };
}

/** Whole numbers that go up to 255. */
const WHOLE_NUMBERS: readonly string[] = [
  ...['UINT8', 'UINT16', 'UINT32', 'UINT64'],
  ...['INT16', 'INT32', 'INT64'],
];

/** The greatest value of a picture in bytes. */
const BYTE_MAX = 255;

/**
 * Scale of pictures in whole numbers: 255, unless settings give another, since of values from 0 to 1 only the ends
 * would be left. Graphs have the same rule.
 */
function scaleOf(
  datatype: string,
  sampleShape: readonly number[],
  { scale, mean, standardDeviation }: Partial<ModelSettings>,
): number | undefined {
  const isOpen = scale === undefined && mean === undefined && standardDeviation === undefined;
  const isPicture = sampleShape.length === 3;
  return isOpen && isPicture && WHOLE_NUMBERS.includes(datatype) ? BYTE_MAX : scale;
}

function copied({ columns, ...input }: TableInput) {
  return { ...input, columns: [...columns] };
}

/** An input in the form of a graph's inputs. */
function graphValue({ name, datatype, shape }: InferenceTensorMetadata): GraphValue {
  const elementType = CELL_TYPES.find((type) => DATATYPES[type] === datatype) ?? 'other';
  const sizes = shape.map((size) => (size > 0 ? size : undefined));
  return { name, kind: 'tensor', elementType, shape: sizes };
}

function inputOf(
  metadata: ModelMetadata,
  named: string | undefined,
  problems: Problem[],
): InferenceTensorMetadata | undefined {
  const listed = metadata.inputs.map(tensorText).join(', ') || 'none';
  const chosen = namedInputs(metadata, named);
  const [input] = chosen;
  const wrong =
    input === undefined
      ? named === undefined
        ? 'the server names no input: describe the model in a file, with input and inputShape, or with examples of the rows of a table'
        : `the model has no input ${named}; its inputs are ${listed}`
      : chosen.length > 1
        ? `the model has several inputs; name the one for samples: ${listed}`
        : isNumberDatatype(input.datatype)
          ? undefined
          : `is ${tensorText(input)}; want numbers, or BYTES [batch] or [batch, 1] for texts`;
  if (wrong === undefined) return input;
  problems.push({ path: 'input', message: wrong });
  return undefined;
}

function outputOf(
  { outputs }: ModelMetadata,
  named: string | undefined,
  problems: Problem[],
): InferenceTensorMetadata | undefined {
  const listed = outputs.map(tensorText).join(', ') || 'none';
  const usable = outputs.filter(
    ({ datatype, shape }) => isNumberDatatype(datatype) && shape.length === 2,
  );
  const chosen = named === undefined ? usable : usable.filter(({ name }) => name === named);
  if (chosen.length === 1) return chosen[0];
  const message =
    outputs.length === 0
      ? 'the server names no output: name in the settings the one that tells the classes, as {"outputName": "predict_proba"}'
      : usable.length === 0
        ? `the model has no output of numbers [batch, classes]; its outputs are ${listed}`
        : named === undefined
          ? `the model has several outputs that may tell the classes; name one in its settings: ${listed}`
          : `the model has no output ${named} of numbers [batch, classes]; its outputs are ${listed}`;
  problems.push({ path: 'settings.outputName', message });
  return undefined;
}

/** The shape of one sample. The first dimension is the batch's, as with all three servers. */
function sampleShapeOf(
  input: InferenceTensorMetadata,
  given: readonly number[] | undefined,
  problems: Problem[],
): readonly number[] | undefined {
  const own = input.shape.slice(1);
  const path = 'inputShape';
  if (input.shape.length < 2) {
    const message = `the model's input is ${tensorText(input)}; want [batch, …one sample]`;
    problems.push({ path, message });
    return undefined;
  }
  if (given === undefined) {
    if (own.every((size) => size > 0)) return own;
    const message = `the model's input is ${tensorText(input)}; name the sizes of one sample, those after the batch`;
    problems.push({ path, message });
    return undefined;
  }
  const fits =
    given.length === own.length && own.every((size, i) => size <= 0 || size === given[i]);
  if (fits) return given;
  const message = `is [${given}], and the model's input is ${tensorText(input)}`;
  problems.push({ path, message });
  return undefined;
}

/** The layout of pictures. It can be told where channels are one or three, and sides are longer. */
function guessedLayout(sampleShape: readonly number[], problems: Problem[]): Layout | undefined {
  if (sampleShape.length !== 3) return undefined;
  const isChannels = (size: number | undefined) => size === 1 || size === 3;
  const [first, , last] = sampleShape;
  if (isChannels(first) && !isChannels(last)) return 'NCHW';
  if (isChannels(last) && !isChannels(first)) return 'NHWC';
  const message = `samples of shape [${sampleShape}] do not tell whether channels come first or last; want NCHW or NHWC`;
  problems.push({ path: 'settings.layout', message });
  return undefined;
}
