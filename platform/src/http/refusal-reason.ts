/** Words for the reason why a server refused or did not answer. Pure. */
import { STATUS_CODES } from 'node:http';
import { shownText } from '@lyceum/proto';
import type { HttpAnswer } from './http-call.js';
import { jsonOf } from './json-answer.js';
import { withoutSecrets } from './secret-headers.js';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/** Letters that a message shows of a server's own words. */
const SHOWN_CHARACTERS = 200;

/**
 * @param quotes - whether the server's own words are quoted: they may be meant for other eyes.
 * @param secrets - removed from the quoted words.
 */
export function refusalReason(
  answer: HttpAnswer,
  quotes: boolean,
  secrets: readonly string[],
): string {
  // Secrets are removed before the text is cut: a cut secret would not be found.
  const shown = (text: string) => shownText(withoutSecrets(text, secrets), SHOWN_CHARACTERS);
  const { status, body, location } = answer;
  const name = STATUS_CODES[status];
  const redirects = isRedirect(status);
  const to = quotes && redirects && location !== undefined ? ` to ${shown(location)}` : '';
  const said = quotes ? ownWords(answer) : undefined;
  return [
    `answers ${status}${name === undefined ? '' : ` ${name}`}${to}, ${body.length} bytes`,
    ...(redirects ? ['redirects are not followed'] : []),
    ...(said === undefined ? [] : [`it says: ${shown(said)}`]),
  ].join('; ');
}

/** The server's message: OpenAI and Google put it in `error.message`; others in `error`, `message` or `detail`. */
function ownWords(answer: HttpAnswer): string | undefined {
  const read = jsonOf(answer);
  const { error, message, detail } = mapping('json' in read ? read.json : undefined);
  const words = [mapping(error)['message'], error, message, detail];
  return words.find((text) => typeof text === 'string' && text.trim() !== '') as string | undefined;
}

function mapping(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
}
