/**
 * How a graph is asked as a classifier: which input and output, in which layout, and how many rows at a time.
 * Pure. If a graph cannot be asked, a problem tells how to mend it.
 */
import type { Problem } from '@lyceum/proto';
import { classCountOf, type Layout, type ModelSettings, ONE_NUMBER } from '../../models/index.js';
import {
  type ElementType,
  type GraphOutline,
  type GraphValue,
  graphValueText,
} from './graph-outline.js';

/** The most values of a batch: 1 GiB of them. A picture of 4,096 by 4,096 in colours has 50 million. */
const BATCH_MAX_VALUES = 2 ** 28;

export interface GraphClassifier {
  readonly input: GraphValue;
  readonly output: GraphValue;
  /** The settings that the file tells of itself, and those that were given. */
  readonly settings: Partial<ModelSettings>;
  /** Shape of one sample, channels last; undefined where the file leaves a size open. */
  readonly inputShape: readonly number[] | undefined;
  readonly classCount: number | undefined;
  /** Rows that a call must have; undefined: any number. */
  readonly fixedRows: number | undefined;
}

/** How one format's graphs differ from another's. */
export interface GraphFormat {
  /** Types of values that a model may take; other numbers are rounded or converted. */
  readonly inputTypes: readonly ElementType[];
  readonly outputTypes: readonly ElementType[];
  /** Operations whose outputs are logits up to a constant of the row. */
  readonly logitOperations: readonly string[];
  /** Operations that may make values of one row depend on the other rows of its batch. */
  readonly rowByRow: readonly string[];
  /** Why a file of that kind has no output of numbers, and what to do, if the format knows. */
  readonly outputAdvice: (outline: GraphOutline) => string | undefined;
}

/** Advice for a model that reads texts. */
const TOKENS =
  '. A model that reads texts is pushed as its folder, in which tokenizer.json lies beside model.onnx (AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER) writes it)';

/** Advice for a model that takes neither numbers nor texts. */
const OTHERWISE =
  '. What such a model says of each sample can be pushed instead: models push NAME answers.npz --dataset SET';

/** @returns undefined if the graph cannot be asked, with the reasons added to `problems`. */
export function graphClassifier(
  outline: GraphOutline,
  format: GraphFormat,
  given: Partial<ModelSettings>,
  problems: Problem[],
): GraphClassifier | undefined {
  const input = onlyInput(outline, format, problems);
  if (input !== undefined) requireSize(input, problems);
  const output = classOutput(outline, format, given.outputName, problems);
  if (input === undefined || output === undefined) return undefined;
  const layout = given.layout ?? guessedLayout(input, problems);
  const kind = given.output ?? outputKind(outline, format, output, problems);
  if (problems.length > 0) return undefined;
  const rowByRow = format.rowByRow.some((operation) => outline.operations.has(operation));
  return {
    input,
    output,
    settings: {
      ...given,
      ...(kind !== undefined && { output: kind }),
      ...(takesBytes(input, given) && { scale: BYTE_MAX }),
      ...(layout !== undefined && { layout }),
      ...(outline.outputs.length > 1 && { outputName: output.name }),
    },
    inputShape: sampleShape(input, layout),
    classCount: classCountIn(output),
    fixedRows: input.shape?.[0] ?? (rowByRow ? 1 : undefined),
  };
}

function onlyInput(
  { inputs }: GraphOutline,
  { inputTypes }: GraphFormat,
  problems: Problem[],
): GraphValue | undefined {
  const [input] = inputs;
  const listed = inputs.map(graphValueText).join(', ');
  const wrong =
    input === undefined || inputs.length > 1
      ? `has inputs ${listed || 'none'}; want one, of samples${readsTokens(inputs) ? TOKENS : OTHERWISE}`
      : !inputTypes.includes(input.elementType)
        ? `is ${listed}; want ${inputTypes.join(', ')}${OTHERWISE}`
        : undefined;
  if (wrong === undefined) return input;
  problems.push({ path: 'graph.input', message: wrong });
  return undefined;
}

function readsTokens(inputs: readonly GraphValue[]): boolean {
  return inputs.some(({ name }) => name === 'input_ids');
}

function requireSize({ shape }: GraphValue, problems: Problem[]): void {
  requireBatchSize(
    (shape ?? []).reduce<number>((product, size) => product * (size ?? 1), 1),
    problems,
  );
}

/** Bounds the size that a file claims, since a batch of that size is given to it. @param values - of a batch. */
export function requireBatchSize(values: number, problems: Problem[]): void {
  if (values <= BATCH_MAX_VALUES) return;
  const message = `takes ${values} values at once; at most ${BATCH_MAX_VALUES} are given`;
  problems.push({ path: 'graph.input', message });
}

/** @returns undefined if no output tells the classes, or several do, with that added to `problems`. */
export function classOutput(
  outline: GraphOutline,
  { outputTypes, outputAdvice }: GraphFormat,
  named: string | undefined,
  problems: Problem[],
): GraphValue | undefined {
  const { outputs } = outline;
  const listed = outputs.map(graphValueText).join(', ');
  const ofNumbers = outputs.filter(
    ({ kind, elementType }) => kind === 'tensor' && outputTypes.includes(elementType),
  );
  const ofClasses = ofNumbers.filter(({ shape }) => shape === undefined || isOfClasses(shape));
  const usable = ofClasses.length > 0 ? ofClasses : ofNumbers.filter(isOfOneNumber);
  const chosen = named === undefined ? usable : usable.filter(({ name }) => name === named);
  if (chosen.length === 1) return chosen[0];
  const advice = outputAdvice(outline);
  const message =
    advice !== undefined
      ? `${advice}; its outputs are ${listed || 'none'}`
      : usable.length === 0
        ? `has no output of numbers [batch, classes]; its outputs are ${listed || 'none'}; want ${outputTypes.join(', ')}`
        : named === undefined
          ? `has several outputs that may tell the classes; name one as outputName in the settings: ${usable.map(graphValueText).join(', ')}`
          : `has no output ${named} of numbers [batch, classes]; its outputs are ${listed}`;
  problems.push({ path: 'graph.output', message });
  return undefined;
}

/** Whether the shape is [batch, classes]; fully convolutional networks have sides of 1 behind these. */
export function isOfClasses(shape: readonly (number | undefined)[]): boolean {
  return shape.length >= 2 && shape.slice(2).every((size) => size === 1);
}

/** Whether the shape is [batch, 1] or [batch], perhaps of a sigmoid. */
function isOfOneNumber({ shape }: GraphValue): boolean {
  return shape?.length === 1 || (shape?.[1] === 1 && isOfClasses(shape));
}

const WHOLE_NUMBERS: readonly ElementType[] = ['uint8', 'int32', 'int64'];

/** The greatest value of a picture in bytes. */
const BYTE_MAX = 255;

/**
 * Whether the model is given pictures in whole numbers, and nobody says otherwise: from 0 to 255, since of values from
 * 0 to 1 only 0 and 1 would be left.
 */
function takesBytes(
  { elementType, shape }: GraphValue,
  { scale, mean, standardDeviation }: Partial<ModelSettings>,
): boolean {
  const isOpen = scale === undefined && mean === undefined && standardDeviation === undefined;
  return isOpen && shape?.length === 4 && WHOLE_NUMBERS.includes(elementType);
}

/** The layout of pictures. It can be told where channels are one or three, and sides are longer. */
function guessedLayout({ shape }: GraphValue, problems: Problem[]): Layout | undefined {
  if (shape?.length !== 4) return undefined;
  const isChannels = (size: number | undefined) => size === 1 || size === 3;
  const [, second, , last] = shape;
  if (isChannels(second) && !isChannels(last)) return 'NCHW';
  if (isChannels(last) && !isChannels(second)) return 'NHWC';
  const message = `does not tell whether channels come first or last; put "layout": "NCHW" or "NHWC" in the settings`;
  problems.push({ path: 'graph.input', message });
  return undefined;
}

/** The number of classes; undefined where the file leaves it open. */
export function classCountIn(output: GraphValue): number | undefined {
  const width = isOfOneNumber(output) ? 1 : output.shape?.[1];
  return width === undefined ? undefined : classCountOf(width);
}

/** Whether an output holds logits or probabilities; undefined if it cannot be told, with advice added to `problems`. */
export function outputKind(
  { operationOf }: GraphOutline,
  { logitOperations }: GraphFormat,
  output: GraphValue,
  problems: Problem[],
): ModelSettings['output'] | undefined {
  const { name } = output;
  const operation = operationOf.get(name) ?? '';
  if (isOfOneNumber(output)) {
    if (operation === 'Sigmoid') return 'probabilities';
    problems.push({
      path: 'graph.output',
      message: `${name}, of ${operation || 'nothing'}, ${ONE_NUMBER}`,
    });
    return undefined;
  }
  if (operation === 'Softmax') return 'probabilities';
  if (logitOperations.includes(operation)) return 'logits';
  if (name === 'logits') return name;
  // `output_probability`, `proba_output`: whether the rows are distributions is checked later. `log_probs` are no
  // probabilities.
  if (/prob/i.test(name) && !/log/i.test(name)) return 'probabilities';
  const message = `does not tell whether ${name}, which ${operation || 'nothing'} gives, is logits or probabilities; put {"output": "logits"} or {"output": "probabilities"} in the settings`;
  problems.push({ path: 'graph.output', message });
  return undefined;
}

function sampleShape(
  { shape }: GraphValue,
  layout: Layout | undefined,
): readonly number[] | undefined {
  if (shape === undefined) return undefined;
  const sizes = shape.slice(1);
  if (sizes.some((size) => size === undefined)) return undefined;
  const known = sizes as number[];
  if (layout !== 'NCHW') return known;
  const [channels = 0, height = 0, width = 0] = known;
  return [height, width, channels];
}
