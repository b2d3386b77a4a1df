/**
 * Reads a model of texts from a folder as Hugging Face's exporters leave it: the graph, its tokenizer, and what they
 * say of both.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidDocumentError, MODEL_MAX_BYTES } from '@lyceum/proto';
import { isObject, readFolderFile } from '../../files/index.js';
import type { ModelSettings } from '../../models/index.js';
import { withOwnWeights } from '../onnx/index.js';
import {
  type OnnxTextPackage,
  onnxTextPackageOf,
  type TextSettings,
  TOKENIZER_MEMBER,
} from './onnx-text-package.js';
import { cutsStart, readObject, requireTokenizer, TOKENIZER_MAX_BYTES } from './text-tokenizer.js';

/** Folders where exporters put the graph: Optimum, and repositories for Transformers.js. */
const GRAPH_FOLDERS = ['', 'onnx'] as const;

/**
 * The most tokens that models of texts mostly take. The memory of attention grows with the square, so more must be set.
 */
const USUAL_TOKENS = 512;

/** Models that keep their first positions for no token: as many as the padding token's number, plus one. */
const OFFSET_POSITIONS = /roberta|camembert|longformer|mpnet|bertweet|xlm-r/i;

/** @param members - names in the path, if it is a folder. */
export function isTextFolder(path: string, members: readonly string[]): boolean {
  return members.includes(TOKENIZER_MEMBER) && graphsIn(path).length > 0;
}

/** All graphs in the folder; where one is called `model.onnx`, the first such alone. */
function graphsIn(folder: string): readonly string[] {
  const graphs = GRAPH_FOLDERS.flatMap((inner) =>
    namesIn(join(folder, inner))
      .filter((name) => name.endsWith('.onnx'))
      .map((name) => join(inner, name)),
  );
  const usual = GRAPH_FOLDERS.map((inner) => join(inner, 'model.onnx'));
  const named = usual.find((name) => graphs.includes(name));
  return named === undefined ? graphs : [named];
}

function namesIn(folder: string): readonly string[] {
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? readdirSync(folder).sort() : [];
}

/** @throws {InvalidDocumentError} if it is not known which graph is meant. */
function onlyGraph(folder: string): string {
  const [graph = 'model.onnx', ...others] = graphsIn(folder);
  if (others.length === 0) return graph;
  const message = `has ${[graph, ...others].join(', ')}; call the one that is to be pushed model.onnx`;
  throw new InvalidDocumentError(folder, [{ path: '', message }]);
}

/**
 * @throws {LyceumError} NOT_FOUND if a file is missing; INVALID_ARGUMENT if one leads out of the folder.
 * @throws {InvalidDocumentError} naming all that is wrong.
 */
export function readTextFolder(folder: string, given: Partial<ModelSettings>): OnnxTextPackage {
  const tokenizer = readFolderFile(folder, TOKENIZER_MEMBER, TOKENIZER_MAX_BYTES);
  const graph = onlyGraph(folder);
  const bytes = readFolderFile(folder, graph, MODEL_MAX_BYTES);
  const file = withOwnWeights(bytes, join(folder, graph));
  const files = {
    tokenizer: requireTokenizer(tokenizer, join(folder, TOKENIZER_MEMBER)),
    tokenizerConfig: readJson(folder, 'tokenizer_config.json'),
    config: readJson(folder, 'config.json'),
  };
  requireOneClass(files.config, join(folder, 'config.json'));
  const sided = { file, tokenizer: withSide(tokenizer, files) };
  return onnxTextPackageOf(sided, given, textSettings(files), folder);
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

/**
 * @throws {InvalidDocumentError} if the model says yes or no to each class: as logits its outputs would mislead a
 *   student.
 */
function requireOneClass({ problem_type: type }: Json, source: string): void {
  if (type !== 'multi_label_classification') return;
  const message = `is ${type}, a yes or no for each class; want a model that gives a text one class, single_label_classification`;
  throw new InvalidDocumentError(source, [{ path: 'problem_type', message }]);
}

/** The tokenizer with the side at which long texts are cut, where the file beside it says another than its own. */
function withSide(bytes: Uint8Array, { tokenizer, tokenizerConfig }: TextFiles): Uint8Array {
  const side = tokenizerConfig['truncation_side'];
  if (side !== 'left' && side !== 'right') return bytes;
  if ((side === 'left') === cutsStart(tokenizer)) return bytes;
  const own = isObject(tokenizer['truncation']) ? tokenizer['truncation'] : {};
  const truncation = { ...own, direction: side === 'left' ? 'Left' : 'Right' };
  return Buffer.from(JSON.stringify({ ...tokenizer, truncation }));
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
