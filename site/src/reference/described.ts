/** An item of a reference, with its description; `''`: the item has no description. */
export interface Described {
  readonly path: string;
  readonly text: string;
}
