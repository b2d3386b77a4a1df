/**
 * A GGUF model that continues messages, by node-llama-cpp from a folder of the cache. The package is no dependency of
 * the project: the parts that are used are declared here.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ChatMessage, Generate } from './chat-protocol.js';
import { grammarOf } from './schema-grammar.js';

type HistoryItem =
  | { readonly type: 'system' | 'user'; readonly text: string }
  | { readonly type: 'model'; readonly response: readonly string[] };

interface TokenCount {
  readonly usedInputTokens: number;
  readonly usedOutputTokens: number;
}

interface Sequence {
  readonly tokenMeter: { getState(): TokenCount; diff(before: TokenCount): TokenCount };
}

interface Model {
  createContext(options: object): Promise<{ getSequence(): Sequence }>;
  readonly tokenizer: unknown;
  tokenize(text: string): readonly unknown[];
}

interface Chat {
  readonly chatWrapper: {
    generateContextState(state: { readonly chatHistory: readonly HistoryItem[] }): {
      readonly contextText: { tokenize(tokenizer: unknown): readonly unknown[] };
    };
  };
  generateResponse(
    history: readonly HistoryItem[],
    options: object,
  ): Promise<{ readonly response: string; readonly metadata: { readonly stopReason: string } }>;
}

interface LlamaPackage {
  getLlama(options: object): Promise<{
    loadModel(options: { readonly modelPath: string }): Promise<Model>;
    createGrammar(options: { readonly grammar: string }): Promise<unknown>;
  }>;
  readonly LlamaChat: new (options: { readonly contextSequence: Sequence }) => Chat;
}

/** Half of the context that SmolLM2 was trained on. */
const CONTEXT_TOKENS = 2048;

/**
 * @param packages - the folder with node_modules.
 * @param modelFile - GGUF.
 * @returns a function that answers one prompt at a time. The beginning that a prompt shares with the prompt before is
 *   not computed again.
 */
export async function llamaGenerator(packages: string, modelFile: string): Promise<Generate> {
  const entry = createRequire(path.join(packages, 'node_modules', 'x')).resolve('node-llama-cpp');
  const { getLlama, LlamaChat } = (await import(pathToFileURL(entry).href)) as LlamaPackage;
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    maxThreads: 1,
    logLevel: 'error',
  });
  const model = await llama.loadModel({ modelPath: modelFile });
  const context = await model.createContext({ contextSize: CONTEXT_TOKENS, threads: 1 });
  const contextSequence = context.getSequence();
  const chat = new LlamaChat({ contextSequence });
  const grammars = new Map<string, Promise<unknown>>();
  const compiled = (grammar: string): Promise<unknown> => {
    const own = grammars.get(grammar) ?? llama.createGrammar({ grammar });
    grammars.set(grammar, own);
    return own;
  };
  const generate: Generate = async ({ messages, schema, maxTokens, temperature, seed }) => {
    const chatHistory = [...messages.map(historyItem), { type: 'model', response: [] } as const];
    const prompt = chat.chatWrapper.generateContextState({ chatHistory }).contextText;
    const inputTokens = prompt.tokenize(model.tokenizer).length;
    const before = contextSequence.tokenMeter.getState();
    const { response, metadata } = await chat.generateResponse(chatHistory, {
      ...(schema !== undefined && { grammar: await compiled(grammarOf(schema)) }),
      maxTokens,
      temperature,
      seed,
      repeatPenalty: false,
    });
    const used = contextSequence.tokenMeter.diff(before);
    return {
      text: response,
      finish: metadata.stopReason === 'maxTokens' ? 'length' : 'stop',
      inputTokens,
      cachedTokens: Math.max(0, inputTokens - used.usedInputTokens),
      // Counted from the text: a model that is held to a grammar may have used more tokens to spell it.
      outputTokens: model.tokenize(response).length,
    };
  };
  let last: Promise<unknown> = Promise.resolve();
  return (prompt) => {
    const generated = last.then(() => generate(prompt));
    last = generated.catch(() => undefined);
    return generated;
  };
}

function historyItem({ role, content }: ChatMessage): HistoryItem {
  return role === 'assistant'
    ? { type: 'model', response: [content] }
    : { type: role, text: content };
}
