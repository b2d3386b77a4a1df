import { cut, printable } from '@lyceum/proto';

const SHOWN_LETTERS = 512;

/** The URL as messages show it: without query and user, which may hold secrets, as in a signed URL. */
export function shownUrl(url: string): string {
  const bare = url
    .replace(/^(https?:\/\/)[^/?#]*@/i, '$1…@')
    .replace(/^(https?:\/\/[^?#]*)[?#].*$/is, '$1?…');
  return printable(cut(bare, SHOWN_LETTERS));
}
