/** Something that a reference has, with the text that says what it is; `''`: nobody wrote one. */
export interface Described {
  readonly path: string;
  readonly text: string;
}
