import { cut, printable } from '@lyceum/proto';

const SHOWN_LETTERS = 512;

/** As messages show it: without what a query or a user's name could hide, of a signed URL for one. */
export function shownUrl(url: string): string {
  const bare = url
    .replace(/^(https?:\/\/)[^/?#]*@/i, '$1…@')
    .replace(/^(https?:\/\/[^?#]*)[?#].*$/is, '$1?…');
  return printable(cut(bare, SHOWN_LETTERS));
}
