/**
 * Reads a model of texts from a folder as Hugging Face's exporters leave it: the graph, its tokenizer, and what they
 * say of both.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MODEL_MAX_BYTES } from '@lyceum/proto';
import { isObject, readFolderFile } from '../../files/index.js';
import type { ModelSettings } from '../../models/index.js';
import { withOwnWeights } from '../onnx/index.js';
import {
  type OnnxTextPackage,
  onnxTextPackageOf,
  type TextSettings,
  TOKENIZER_MEMBER,
} from './onnx-text-package.js';
import { readObject, requireTokenizer, TOKENIZER_MAX_BYTES } from './text-tokenizer.js';

/** Places where exporters put the graph: Optimum, and repositories for Transformers.js. */
const GRAPHS = ['model.onnx', join('onnx', 'model.onnx')] as const;

/**
 * The most tokens that models of texts mostly take. The memory of attention grows with the square, so more must be set.
 */
const USUAL_TOKENS = 512;

/** Models whose first positions are not for tokens: as many as the number of the token that fills up, and one more. */
const OFFSET_POSITIONS = /roberta|camembert|longformer|mpnet|bertweet|xlm-r/i;

/** @param members - names in the path, if it is a folder. */
export function isTextFolder(path: string, members: readonly string[]): boolean {
  return members.includes(TOKENIZER_MEMBER) && graphIn(path) !== undefined;
}

function graphIn(folder: string): string | undefined {
  return GRAPHS.find((name) => existsSync(join(folder, name)));
}

/**
 * @throws {LyceumError} NOT_FOUND if a file is missing; INVALID_ARGUMENT if one leads out of the folder.
 * @throws {InvalidDocumentError} naming all that is wrong.
 */
export function readTextFolder(folder: string, given: Partial<ModelSettings>): OnnxTextPackage {
  const tokenizer = readFolderFile(folder, TOKENIZER_MEMBER, TOKENIZER_MAX_BYTES);
  const graph = graphIn(folder) ?? GRAPHS[0];
  const bytes = readFolderFile(folder, graph, MODEL_MAX_BYTES);
  const file = withOwnWeights(bytes, join(folder, graph));
  const told = textSettings({
    tokenizer: requireTokenizer(tokenizer, join(folder, TOKENIZER_MEMBER)),
    tokenizerConfig: readJson(folder, 'tokenizer_config.json'),
    config: readJson(folder, 'config.json'),
  });
  return onnxTextPackageOf({ file, tokenizer }, given, told, folder);
}

type Json = Readonly<Record<string, unknown>>;

interface TextFiles {
  readonly tokenizer: Json;
  readonly tokenizerConfig: Json;
  readonly config: Json;
}

/**
 * How many tokens the model takes, and which token fills rows up. Of the files beside the model, the first that says it
 * counts. Pure.
 *
 * @see https://huggingface.co/docs/transformers/main_classes/tokenizer
 */
export function textSettings({ tokenizer, tokenizerConfig, config }: TextFiles): TextSettings {
  const { truncation, padding } = tokenizer;
  const padToken =
    wholeNumber(config['pad_token_id']) ??
    wholeNumber(isObject(padding) ? padding['pad_id'] : undefined) ??
    tokenId(tokenizer, tokenizerConfig['pad_token']) ??
    0;
  const positions = wholeNumber(config['max_position_embeddings']);
  const offset = OFFSET_POSITIONS.test(String(config['model_type'])) ? padToken + 1 : 0;
  const limits = [
    wholeNumber(isObject(truncation) ? truncation['max_length'] : undefined),
    wholeNumber(tokenizerConfig['model_max_length']),
    positions === undefined ? undefined : positions - offset,
  ].filter((limit): limit is number => limit !== undefined && limit > 0);
  return { maximumTokens: Math.min(USUAL_TOKENS, ...limits), padToken };
}

function wholeNumber(value: unknown): number | undefined {
  // Exporters write 10³⁰ if there is no limit.
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** The number of a token. @param token - its text, or an object that has it. */
function tokenId({ added_tokens: added }: Json, token: unknown): number | undefined {
  const content = isObject(token) ? token['content'] : token;
  const known = Array.isArray(added) ? added.filter(isObject) : [];
  return wholeNumber(known.find((one) => one['content'] === content)?.['id']);
}

/** The JSON object in a file, which may be missing. @throws {LyceumError} INVALID_ARGUMENT if it is no JSON object. */
function readJson(folder: string, name: string): Json {
  if (!existsSync(join(folder, name))) return {};
  return readObject(readFolderFile(folder, name, TOKENIZER_MAX_BYTES), join(folder, name));
}
