/** One hostile package, and what must become of it. */
import type { Bytes } from './graph-bytes.js';

/** Files that attacks reach for. */
export interface Lures {
  /** Holds what must not get out. */
  readonly secret: string;
  readonly secretFolder: string;
  /** Must not come to be. */
  readonly target: string;
}

export interface HostileRow {
  readonly name: string;
  /** Of a SavedModel its `saved_model.pb`. */
  readonly savedModel?: Bytes;
  /** Of any package its members, in their order; names may be there twice. */
  readonly members?: readonly (readonly [string, string | Bytes])[];
  /** The package's own bytes, where it is no zip. */
  readonly bytes?: Bytes;
  /** `harmless`: what attacks is left out, and the rest is a model that answers. */
  readonly expected: 'refused' | 'harmless';
  /** Of what is refused, why. */
  readonly says?: RegExp;
}
