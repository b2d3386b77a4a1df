/** Checks `@lyceum/learning/views` against the seeds and shares of a vector file. */
import { fnv1a32, mulberry32 } from '@lyceum/learning/arrays';
import { mixupShare, pairSeed } from '@lyceum/learning/views';
import { type Case, expectClose } from './case.js';

interface Stream {
  readonly seed: number;
  readonly first5: readonly number[];
}

interface Hash {
  readonly text: string;
  readonly hash: number;
}

interface Mixup {
  readonly seedA: number;
  readonly seedB: number;
  readonly pairSeed: number;
  readonly u: number;
  readonly lambda: number;
}

const FUNCTIONS: Readonly<Record<string, (section: unknown) => Case[]>> = {
  // Notes are for readers.
  note: () => [],
  mulberry32: (section) =>
    (section as readonly Stream[]).map(({ seed, first5 }) => ({
      id: `mulberry32/${seed}`,
      run: () =>
        expectClose(
          first5.map((_, draw) => mulberry32(seed, draw)),
          first5,
          1e-10,
          'first5',
        ),
    })),
  fnv1a32: (section) =>
    (section as readonly Hash[]).map(({ text, hash }) => ({
      id: `fnv1a32/${text}`,
      run: () => expectClose(fnv1a32(text), hash, 1e-10, 'hash'),
    })),
  mixup: (section) =>
    (section as { readonly cases: readonly Mixup[] }).cases.map((item) => ({
      id: `mixup/${item.seedA}|${item.seedB}`,
      run: () => {
        const seed = pairSeed(item.seedA, item.seedB);
        expectClose(
          { pairSeed: seed, u: mulberry32(seed, 0), lambda: mixupShare(seed) },
          { pairSeed: item.pairSeed, u: item.u, lambda: item.lambda },
          1e-10,
          'mixup',
        );
      },
    })),
};

export const names: ReadonlySet<string> = new Set(Object.keys(FUNCTIONS));

export function cases(file: unknown): Case[] {
  return Object.entries(file as object).flatMap(
    ([name, section]) => FUNCTIONS[name]?.(section) ?? [],
  );
}
