/**
 * How a graph is asked about texts: which of its inputs take tokens, masks and types, and which output tells the
 * classes. The inputs are named as Hugging Face's exporters name them. Pure.
 */
import type { Problem } from '@lyceum/proto';
import { type ModelSettings, strangeSettings } from '../../models/index.js';
import {
  type GraphOutline,
  type GraphValue,
  graphValueText,
  type RawClassifier,
  requireRawClassifier,
} from '../graphs/index.js';
import { ONNX } from '../onnx/index.js';

/**
 * Inputs for rows of tokens: the tokens' numbers; 1 for a token and 0 behind the last one; and which text a token is
 * of.
 */
const TOKEN_INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'] as const;
export type TokenInput = (typeof TOKEN_INPUTS)[number];

export interface TextClassifier extends RawClassifier {
  readonly inputs: readonly (GraphValue & { readonly name: TokenInput })[];
  /** Tokens that a row must have; undefined: any number. */
  readonly fixedTokens: number | undefined;
}

/** @throws {InvalidDocumentError} naming all reasons why the graph cannot be asked as a classifier of texts. */
export function requireTextClassifier(
  outline: GraphOutline,
  given: Partial<ModelSettings>,
  source: string,
): TextClassifier {
  const problems = [...inputProblems(outline), ...strangeSettings(given, 'texts', ['columns'])];
  const inputs = outline.inputs.filter(isTokenInput);
  const [fixedRows, fixedTokens] = inputs[0]?.shape ?? [];
  if (fixedTokens !== undefined && (given.maximumTokens ?? 0) > fixedTokens) {
    const message = `is ${given.maximumTokens}, and its input_ids have ${fixedTokens} tokens a row`;
    problems.push({ path: 'maximumTokens', message });
  }
  const rows = { fixedRows, width: fixedTokens ?? 1 };
  const raw = requireRawClassifier(outline, ONNX, given, rows, problems, source);
  return { ...raw, inputs, fixedTokens };
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
  // Rows of different lengths are computed together: without a mask the model would read the tokens that fill rows up.
  const hasBoth = ['input_ids', 'attention_mask'].every((name) =>
    inputs.some((input) => input.name === name),
  );
  if (isAsked && hasBoth) return [];
  const message = `has inputs ${listed}; want input_ids and attention_mask, and perhaps token_type_ids, each int64 [batch, tokens], as optimum-cli export onnx --task text-classification makes them`;
  return [{ path: 'graph.input', message }];
}
