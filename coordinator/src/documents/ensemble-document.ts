/** The table of an ensemble's evaluation, as `coordinator ensemble` gets it: an interface of JSON. */
import type { CombinationFit } from '@lyceum/learning/ensemble';

export interface EnsembleRow {
  /** `without`: an ensemble less one teacher. */
  readonly kind: 'teacher' | 'ensemble' | 'without';
  /** Null for a teacher alone. */
  readonly rule: string | null;
  /** Names of the teachers in it. */
  readonly teachers: readonly string[];
  readonly without: string | null;
  /** Share of samples whose largest output is the label. */
  readonly accuracy: number | null;
  /** In nats, at temperature 1; null where a label got probability 0. */
  readonly nll: number | null;
  /** 15 bins of equal width. */
  readonly ece: number | null;
  /** What the rule was fitted to, if it was. */
  readonly fit: CombinationFit | null;
}

export interface EnsembleTable {
  readonly apiVersion: 'lyceum.dev/v1alpha1';
  readonly kind: 'EnsembleEvaluation';
  readonly datasetDigest: string;
  readonly split: string;
  readonly sampleCount: number;
  /** Samples with a label, which the figures are of. */
  readonly labelledCount: number;
  /** Null where no rule was fitted. */
  readonly fittedOn: string | null;
  readonly classCount: number;
  readonly teachers: readonly {
    readonly name: string;
    readonly identity: string;
    /** By index, rising. Absent: it knows all. */
    readonly knownClasses?: readonly number[];
  }[];
  readonly rows: readonly EnsembleRow[];
  /** Rules of `all` that cannot be measured here, and why. */
  readonly omitted: readonly { readonly rule: string; readonly reason: string }[];
}
