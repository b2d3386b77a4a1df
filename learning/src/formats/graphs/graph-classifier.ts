/**
 * How a graph is asked as a classifier: which input and output, in which layout, and how many rows at a time.
 * Pure; what cannot be asked is said in words that tell how to mend it.
 */
import type { Problem } from '@lyceum/proto';
import { classCountOf, type Layout, type ModelSettings, ONE_NUMBER } from '../../models/index.js';
import {
  type ElementType,
  type GraphOutline,
  type GraphValue,
  graphValueText,
} from './graph-outline.js';

/** 1 GiB of them; pictures of 4,096 by 4,096 in colours have 50 million. */
const BATCH_MAX_VALUES = 2 ** 28;

export interface GraphClassifier {
  readonly input: GraphValue;
  readonly output: GraphValue;
  /** What the file tells of its own settings, with those that were given. */
  readonly settings: Partial<ModelSettings>;
  /** Of one sample, channels last; undefined where the file leaves a size open. */
  readonly inputShape: readonly number[] | undefined;
  readonly classCount: number | undefined;
  /** Rows that it must be given; undefined: any number. */
  readonly fixedRows: number | undefined;
}

/** What is peculiar to a format. */
export interface GraphFormat {
  /** What a model may take; other numbers are rounded or converted. */
  readonly inputTypes: readonly ElementType[];
  readonly outputTypes: readonly ElementType[];
  /** Operations whose outputs are logits up to a constant of the row. */
  readonly logitOperations: readonly string[];
  /** Of these, values of one row depend on the other rows of its batch. */
  readonly rowByRow: readonly string[];
  /** Why a file like that has no output of numbers, and what to do, if the format knows. */
  readonly outputAdvice: (outline: GraphOutline) => string | undefined;
}

/** Of a model that reads texts. */
const TOKENS =
  '. A model that reads texts is pushed as its folder, in which tokenizer.json lies beside model.onnx (AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER) writes it)';

/** What is left for a model that takes something else. */
const OTHERWISE =
  '. What such a model says of each sample can be pushed instead: models push NAME answers.npz --dataset SET';

/** @returns undefined with what keeps it from being asked added to `problems`. */
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

/** A file may claim any size, and a batch of that size is given to it. @param values - of a batch. */
export function requireBatchSize(values: number, problems: Problem[]): void {
  if (values <= BATCH_MAX_VALUES) return;
  const message = `takes ${values} values at once; at most ${BATCH_MAX_VALUES} are given`;
  problems.push({ path: 'graph.input', message });
}

/** @returns undefined with why no output tells the classes, or which do, added to `problems`. */
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
        ? `has no output of numbers [batch, classes]; its outputs are ${listed || 'none'}`
        : named === undefined
          ? `has several outputs that may tell the classes; name one as outputName in the settings: ${usable.map(graphValueText).join(', ')}`
          : `has no output ${named} of numbers [batch, classes]; its outputs are ${listed}`;
  problems.push({ path: 'graph.output', message });
  return undefined;
}

/** [batch, classes], as fully convolutional networks have them with sides of 1 behind. */
export function isOfClasses(shape: readonly (number | undefined)[]): boolean {
  return shape.length >= 2 && shape.slice(2).every((size) => size === 1);
}

/** [batch, 1], or [batch]: a sigmoid's, perhaps. */
function isOfOneNumber({ shape }: GraphValue): boolean {
  return shape?.length === 1 || shape?.[1] === 1;
}

/** Of pictures. Channels are one or three, and sides are longer, or it cannot be told. */
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

/** Undefined where the file leaves it open. */
export function classCountIn(output: GraphValue): number | undefined {
  const width = isOfOneNumber(output) ? 1 : output.shape?.[1];
  return width === undefined ? undefined : classCountOf(width);
}

/** What an output holds; undefined with what to say added to `problems`. */
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
  // `output_probability`, `proba_output`: it is looked whether its rows are any. `log_probs` are none.
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
