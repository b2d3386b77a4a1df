/** One hostile package, and its expected outcome. */
import type { Bytes } from './graph-bytes.js';

/** Files that attacks reach for. */
export interface Lures {
  /** A file whose contents must not get out. */
  readonly secret: string;
  readonly secretFolder: string;
  /** A file that must not come to be. */
  readonly target: string;
}

export interface HostileRow {
  readonly name: string;
  /** The `saved_model.pb`, if it is a SavedModel. */
  readonly savedModel?: Bytes;
  /** Members of the package, in their order; names may be there twice. */
  readonly members?: readonly (readonly [string, string | Bytes])[];
  /** The package's own bytes, if it is no zip. */
  readonly bytes?: Bytes;
  /** `harmless`: the attack is left out, and the rest is a model that answers. */
  readonly expected: 'refused' | 'harmless';
  /** The reason in the message, if the package is refused. */
  readonly says?: RegExp;
}
