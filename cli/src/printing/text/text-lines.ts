/** Text of several lines as one entry of a log: the indent shows that further lines are not entries of their own. */
export function indented(text: string): string {
  return text.replaceAll('\n', '\n    ');
}

/** The same, but lines that already begin with two spaces, as in lists, stay as they are. */
export function hanging(text: string): string {
  return text.replaceAll(/\n(?! {2})/g, '\n    ');
}
