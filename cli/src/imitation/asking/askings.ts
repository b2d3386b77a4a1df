/** How each of the answers that a teacher gives to an input is asked for. Pure. */
import type { Ask, Endpoint, ImitationTeacher } from '@lyceum/learning/specification';
import { sha256Hex } from '@lyceum/proto';

/** How one of a teacher's answers is asked for: the same for each input. */
export interface Asking {
  /** Number of the answer, from 0. */
  readonly answer: number;
  /** With the prompt and temperature of this answer. */
  readonly endpoint: Endpoint;
  readonly schema: Ask['schema'];
  /** First digits of the SHA-256 of the prompt, its settings and the URL, but not of the input. */
  readonly asked: string;
}

/**
 * A teacher's answers in their order: they take its prompts in turn. Their number is no part of the digest, so a
 * greater number keeps the answers that have been paid for.
 */
export function askingsOf(teacher: ImitationTeacher, classes: readonly string[]): Asking[] {
  const { answers, prompts, schema } = teacher.ask;
  const different = Array.from({ length: Math.max(1, prompts?.length ?? 0) }, (_, i) => {
    const endpoint = endpointOf(teacher, i);
    return { endpoint, schema, asked: askedDigest(endpoint, schema, classes) };
  });
  return Array.from({ length: answers }, (_, answer) => {
    const own = different[answer % different.length] as (typeof different)[number];
    return { answer, ...own };
  });
}

/** Labels that a schema allows. */
export function labelsOf(
  { classes }: Pick<Endpoint, 'classes'>,
  classNames: readonly string[],
): readonly string[] {
  return classes === undefined ? classNames : Object.keys(classes);
}

function endpointOf({ endpoint, ask }: ImitationTeacher, i: number): Endpoint {
  const { chat, ...rest } = endpoint;
  if (chat === undefined) return { ...rest, chat };
  const { model, system, prompt = '', maxTokens, temperature } = chat;
  const asked = {
    model,
    ...(system !== undefined && { system }),
    prompt: ask.prompts?.[i] ?? prompt,
    maxTokens,
    temperature: ask.temperature ?? temperature,
  };
  return { ...rest, chat: asked };
}

/** The digest leaves out how answers are read. Classes count if the prompt names them, labels if there is a schema. */
function askedDigest(
  endpoint: Endpoint,
  schema: Ask['schema'],
  classes: readonly string[],
): string {
  const { url, request, chat, input, revision } = endpoint;
  const named = chat?.prompt.includes('{classes}') === true ? { classes } : {};
  const object = schema === undefined ? {} : { schema, labels: labelsOf(endpoint, classes) };
  const sent = { url, request, chat, input, revision, ...named, ...object };
  return sha256Hex(JSON.stringify(sent)).slice(0, 16);
}
