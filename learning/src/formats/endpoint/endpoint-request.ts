/** From samples to what an endpoint is sent. Pure. */
import { elementCount } from '@lyceum/proto';
import { isObject } from '../../files/index.js';
import { type Endpoint, INPUT_PLACEHOLDER, INPUTS_PLACEHOLDER } from '../../specification/index.js';

/**
 * The body of one call.
 *
 * @param inputs - at most `batch` samples, each as `endpoint.input` says: nested numbers, base64, text or a row. In a
 * prompt, a row has a line for each column.
 * @param classNames - the classes that may be answered; prompts alone name them.
 */
export function requestBody(
  { request, chat }: Pick<Endpoint, 'request' | 'chat'>,
  inputs: readonly unknown[],
  classNames: readonly string[],
): unknown {
  if (chat === undefined) return filled(request, inputs);
  const { model, system, prompt, maxTokens, temperature } = chat;
  const said = { '{input}': promptText(inputs[0]), '{classes}': classNames.join(', ') };
  // In one pass: a sample that holds {classes} is text like any other.
  const content = prompt.replace(
    /\{input\}|\{classes\}/g,
    (name) => said[name as keyof typeof said],
  );
  const messages = [
    ...(system === undefined ? [] : [{ role: 'system', content: system }]),
    { role: 'user', content },
  ];
  return { model, temperature, max_tokens: maxTokens, messages };
}

/** A row of a table: a missing number is null, a missing text is empty. */
export type EndpointRow = Readonly<Record<string, number | string | null>>;

function promptText(input: unknown): string {
  if (!isObject(input)) return String(input);
  return Object.entries(input)
    .map(([name, cell]) => `${name}: ${cell ?? ''}`.trimEnd())
    .join('\n');
}

function filled(json: unknown, inputs: readonly unknown[]): unknown {
  if (json === INPUT_PLACEHOLDER) return inputs[0];
  if (json === INPUTS_PLACEHOLDER) return inputs;
  if (Array.isArray(json)) return json.map((part) => filled(part, inputs));
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, part]) => [key, filled(part, inputs)]));
}

/** Numbers of one sample as lists within lists, `[2, 3]` as two lists of three. */
export function nestedValues(values: ArrayLike<number>, shape: readonly number[]): unknown {
  const [, ...inner] = shape;
  if (inner.length === 0) return Array.from(values);
  const size = elementCount(inner);
  const list = Array.from(values);
  return Array.from({ length: shape[0] ?? 0 }, (_, i) =>
    nestedValues(list.slice(i * size, (i + 1) * size), inner),
  );
}
