/** One hostile package, and its expected outcome. */
import type { Bytes } from './graph-bytes.js';

/** Files that attacks try to read or write. */
export interface Lures {
  /** A file whose contents must not appear in an answer. */
  readonly secret: string;
  readonly secretFolder: string;
  /** A file that must not be created. */
  readonly target: string;
}

export interface HostileRow {
  readonly name: string;
  /** The `saved_model.pb`, if the model is a SavedModel. */
  readonly savedModel?: Bytes;
  /** Members of the package, in their order; a name may occur twice. */
  readonly members?: readonly (readonly [string, string | Bytes])[];
  /** The package's own bytes, if the package is no zip. */
  readonly bytes?: Bytes;
  /** `harmless`: the attack is left out of the loaded model, and the model answers. */
  readonly expected: 'refused' | 'harmless';
  /** The reason in the message, if the package is refused. */
  readonly says?: RegExp;
}
