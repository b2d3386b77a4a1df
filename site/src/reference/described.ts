/** An item of a reference, with the text that says what it is; `''`: there is no text. */
export interface Described {
  readonly path: string;
  readonly text: string;
}
