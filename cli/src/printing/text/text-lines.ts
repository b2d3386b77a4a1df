/** Text of several lines as one entry of a log: behind a line end, what looks like an entry of its own is none. */
export function indented(text: string): string {
  return text.replaceAll('\n', '\n    ');
}

/** The same of a message whose own further lines begin with spaces, as those of lists do. */
export function hanging(text: string): string {
  return text.replaceAll(/\n(?! {2})/g, '\n    ');
}
