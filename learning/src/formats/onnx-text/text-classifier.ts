/**
 * How a graph is asked about texts: which of its inputs are tokens and what belongs to them, and which output tells the classes.
 * The inputs are named as Hugging Face's exporters name them. Pure.
 */
import { InvalidDocumentError, type Problem } from '@lyceum/proto';
import { type ModelSettings, strangeSettings } from '../../models/index.js';
import {
  classOutput,
  type GraphFormat,
  type GraphOutline,
  type GraphValue,
  graphValueText,
  ONE_CLASS,
  outputKind,
  requireBatchSize,
} from '../graphs/index.js';

/** What a graph may be given of rows of tokens: their ids, 1 where there is a token and 0 behind the last, and which text they are of. */
const TOKEN_INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'] as const;
export type TokenInput = (typeof TOKEN_INPUTS)[number];

export interface TextClassifier {
  readonly inputs: readonly (GraphValue & { readonly name: TokenInput })[];
  readonly output: GraphValue;
  /** What the file tells of its own settings, with those that were given. */
  readonly settings: Partial<ModelSettings>;
  readonly classCount: number | undefined;
  /** Rows that it must be given; undefined: any number. */
  readonly fixedRows: number | undefined;
  /** Tokens of a row that it must be given; undefined: any number. */
  readonly fixedTokens: number | undefined;
}

/** @throws {InvalidDocumentError} naming all that keeps the graph from being asked as a classifier of texts. */
export function requireTextClassifier(
  outline: GraphOutline,
  format: GraphFormat,
  given: Partial<ModelSettings>,
  source: string,
): TextClassifier {
  const problems = [...inputProblems(outline), ...strangeSettings(given, 'texts', ['columns'])];
  const output = classOutput(outline, format, given.outputName, problems);
  if (output?.shape?.[1] === 1) problems.push({ path: 'graph.output', message: ONE_CLASS });
  const kind = given.output ?? (output && outputKind(outline, format, output, problems));
  const inputs = outline.inputs.filter(isTokenInput);
  const [fixedRows, fixedTokens] = inputs[0]?.shape ?? [];
  requireBatchSize((fixedRows ?? 1) * (fixedTokens ?? 1), problems);
  if (fixedTokens !== undefined && (given.maximumTokens ?? 0) > fixedTokens) {
    const message = `is ${given.maximumTokens}, and its input_ids have ${fixedTokens} tokens a row`;
    problems.push({ path: 'maximumTokens', message });
  }
  if (problems.length > 0 || output === undefined) throw new InvalidDocumentError(source, problems);
  const rowByRow = format.rowByRow.some((operation) => outline.operations.has(operation));
  return {
    inputs,
    output,
    settings: {
      ...given,
      ...(kind !== undefined && { output: kind }),
      ...(outline.outputs.length > 1 && { outputName: output.name }),
    },
    classCount: output.shape?.[1],
    fixedRows: fixedRows ?? (rowByRow ? 1 : undefined),
    fixedTokens,
  };
}

function isTokenInput(value: GraphValue): value is GraphValue & { readonly name: TokenInput } {
  return (TOKEN_INPUTS as readonly string[]).includes(value.name);
}

function inputProblems({ inputs }: GraphOutline): Problem[] {
  const listed = inputs.map(graphValueText).join(', ') || 'none';
  const isAsked = inputs.every(
    (input) =>
      isTokenInput(input) &&
      ['int32', 'int64'].includes(input.elementType) &&
      (input.shape === undefined || input.shape.length === 2),
  );
  // Rows of other lengths lie beside each other: without a mask the model would read what fills them up.
  const hasBoth = ['input_ids', 'attention_mask'].every((name) =>
    inputs.some((input) => input.name === name),
  );
  if (isAsked && hasBoth) return [];
  const message = `has inputs ${listed}; want input_ids and attention_mask, and perhaps token_type_ids, each int64 [batch, tokens], as optimum-cli export onnx --task text-classification makes them`;
  return [{ path: 'graph.input', message }];
}
