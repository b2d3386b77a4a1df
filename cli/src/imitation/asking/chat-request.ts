/** The body of one call. Pure. */

import { listed } from '@lyceum/learning/documents';
import { requestBody } from '@lyceum/learning/formats';
import { type Asking, labelsOf } from './askings.js';
import type { Form } from './manners.js';

/** Name of the wanted object, and of the tool that takes it. */
const NAME = 'answer';

/**
 * @param inputs - exactly one for a chat.
 * @param answers - number of answers that a chat should give in this call.
 */
export function callBody(
  asking: Asking,
  inputs: readonly unknown[],
  classNames: readonly string[],
  form: Form,
  answers: number,
): unknown {
  const { endpoint, schema } = asking;
  const body = requestBody(endpoint, inputs, classNames);
  if (endpoint.chat === undefined) return body;
  const chat = body as { messages: { role: string; content: string }[] };
  const several = { ...chat, ...(answers > 1 && { n: answers }) };
  if (schema === undefined || form === 'word') return several;
  if (form === 'text') {
    const sentence = objectSentence(asking, classNames);
    const messages = several.messages.map((message, i, { length }) =>
      i < length - 1 ? message : { ...message, content: `${message.content}\n\n${sentence}` },
    );
    return { ...several, messages };
  }
  const wanted = objectSchema(asking, classNames);
  if (form === 'json-schema') {
    const json_schema = { name: NAME, strict: true, schema: wanted };
    return { ...several, response_format: { type: 'json_schema', json_schema } };
  }
  const description = 'Gives the answer.';
  const tool = { name: NAME, description, strict: true, parameters: wanted };
  return {
    ...several,
    tools: [{ type: 'function', function: tool }],
    tool_choice: { type: 'function', function: { name: NAME } },
  };
}

function objectSchema({ endpoint, schema }: Asking, classNames: readonly string[]) {
  const { label = null, explanation } = schema ?? {};
  const meaning = (own: string | null) => (own === null ? {} : { description: own });
  const properties = {
    label: { type: 'string', enum: labelsOf(endpoint, classNames), ...meaning(label) },
    ...(explanation !== undefined && { explanation: { type: 'string', ...meaning(explanation) } }),
  };
  return {
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

/** Asks for the object in words, for servers that know no schemas. */
function objectSentence({ endpoint, schema }: Asking, classNames: readonly string[]): string {
  const { label = null, explanation } = schema ?? {};
  const labels = listed(labelsOf(endpoint, classNames).map((own) => JSON.stringify(own)));
  const shape = explanation === undefined ? '{"label": …}' : '{"label": …, "explanation": …}';
  const meaning = (own: string | null | undefined) => (own == null ? '' : ` (${own})`);
  const why = explanation === undefined ? '' : `, and explanation${meaning(explanation)} a text`;
  return `Answer with a JSON object and nothing else: ${shape}, where label${meaning(label)} is ${labels}${why}.`;
}
