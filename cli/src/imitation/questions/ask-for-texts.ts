/** Calls a chat that should write new inputs, and reads the texts. */
import { valueAt } from '@lyceum/learning/formats';
import { HttpRefusedError, type JsonCaller, UnreadableAnswerError } from '@lyceum/platform';
import { toLyceumError } from '@lyceum/proto';
import { OF_THE_CALL } from '../asking/index.js';
import { readWrittenList } from './read-list.js';

interface CameText {
  readonly text: string;
  /** Why the text is dropped. */
  readonly dropped?: string;
}

export interface CameTexts {
  /** At least one: the call leaves a line even if it brought no text. */
  readonly texts: readonly CameText[];
  /** The error after which this teacher is not asked any more. */
  readonly failure?: unknown;
}

/** Characters that a line keeps of an answer without a list. */
const SHOWN_CHARACTERS = 1000;

const CHAT_TEXT = '/choices/0/message/content';
const CHAT_FINISH = '/choices/0/finish_reason';

export async function askForTexts(
  caller: JsonCaller,
  body: unknown,
  signal: AbortSignal,
): Promise<CameTexts> {
  try {
    return { texts: textsOf(await caller.post(body, signal, problemOf)) };
  } catch (err) {
    const isRefused = err instanceof HttpRefusedError && OF_THE_CALL.has(err.status);
    const why = isRefused ? 'refused' : 'unreadable';
    const texts = [{ text: '', dropped: `${why}: ${toLyceumError(err).message}` }];
    const isOfTheCall = isRefused || err instanceof UnreadableAnswerError;
    return isOfTheCall ? { texts } : { texts, failure: err };
  }
}

function problemOf(response: unknown): string | undefined {
  if (typeof valueAt(response, CHAT_TEXT, 0) === 'string') return undefined;
  return `the response holds no text at ${CHAT_TEXT}`;
}

function textsOf(response: unknown): CameText[] {
  const content = String(valueAt(response, CHAT_TEXT, 0));
  const texts = readWrittenList(content, valueAt(response, CHAT_FINISH, 0) === 'length');
  if (texts.length === 0) {
    const text = content.slice(0, SHOWN_CHARACTERS);
    return [{ text, dropped: 'unreadable: want a JSON list, or a numbered list' }];
  }
  return texts.map(({ text, isCutOff }) =>
    isCutOff ? { text, dropped: 'cut off: the answer ended at maxTokens' } : { text },
  );
}
