/**
 * Cases of vector files, and the suites that check them. Cases run one after another.
 *
 * A file is one JSON object. Each of its top-level keys goes to the suite that has the key among its names; a key
 * that no suite has is a failure.
 */

/** One case of a vector file. */
export interface Case {
  /** `NAME/CASE`, as the summary prints it. */
  readonly id: string;
  /** Throws or rejects with the difference, if the case fails. */
  run(): void | Promise<void>;
}

/** The checks of some names. A module that is a suite exports `names` and `cases`. */
export interface Suite {
  /** Top-level keys that the suite checks. */
  readonly names: ReadonlySet<string>;
  /** @param file - an object with only those keys of the file that are in {@link Suite.names}. */
  cases(file: unknown): Case[];
}

/** 1e-10: float64; 1e-9: gradients of float64; 2e-5: float32; 1e-4: a quadratic programme. */
export type Tolerance = 1e-10 | 1e-9 | 2e-5 | 1e-4;

/**
 * Compares numbers, nested lists and objects of numbers; `null` and NaN are equal only to themselves.
 *
 * @param tolerance - greatest difference, relative to max(1, |expected|).
 * @throws {Error} naming the first place that differs.
 */
export function expectClose(
  actual: unknown,
  expected: unknown,
  tolerance: Tolerance,
  path: string,
): void {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) {
      throw new Error(`${path}: ${brief(actual)} is not a list of ${expected.length}`);
    }
    for (const [index, value] of expected.entries()) {
      expectClose(actual[index], value, tolerance, `${path}[${index}]`);
    }
    return;
  }
  if (typeof expected === 'object' && expected !== null) {
    const found = (typeof actual === 'object' && actual !== null ? actual : {}) as object;
    for (const [key, value] of Object.entries(expected)) {
      const own = (found as Readonly<Record<string, unknown>>)[key];
      expectClose(own, value, tolerance, `${path}.${key}`);
    }
    return;
  }
  if (Object.is(actual, expected)) return;
  if (typeof actual === 'number' && typeof expected === 'number') {
    const bound = tolerance * Math.max(1, Math.abs(expected));
    // Not `>`: a NaN must differ.
    if (Math.abs(actual - expected) <= bound) return;
  }
  throw new Error(`${path}: ${brief(actual)}, expected ${brief(expected)} within ${tolerance}`);
}

function brief(value: unknown): string {
  return String(JSON.stringify(value) ?? value).slice(0, 60);
}
