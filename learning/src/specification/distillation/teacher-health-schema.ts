/** What a run asks of its teachers before it trusts them. */
import type { Problem } from '@lyceum/proto';
import { list, section, text, wholeNumber, word } from '../../documents/index.js';

/** Two canaries of 128 rows: at the first ticket of a run, and before its end. */
export const CANARY_SAMPLES = 256;

export const teacherHealthFields = {
  determinism: word('strict', 'relaxed')
    .default('relaxed')
    .describe(
      'Whether a worker may answer although its answers differ in bits from those of the first worker with that teacher: strict, never; relaxed, if the difference is within the tolerance for sound replicas; the report then says bitExact: false and why.',
    ),
  teacherHealth: section({
    atChance: word('refuse', 'warn')
      .default('refuse')
      .describe(
        'What to do about a teacher that is no better than chance on its probe, or gives every row the same answer: refuse holds the run before TRAINING until its teachers are judged, and fails it if one is like that; warn trains all the same.',
      ),
    accept: list(text("a teacher's name", /./s), 'a list of names of teachers', {
      atLeast: 1,
      atMost: 64,
    })
      .optional()
      .describe('Names of teachers that are accepted all the same; the report says so.'),
    canarySamples: wholeNumber('a whole number from 0 to 1,000,000', {
      atLeast: 0,
      atMost: 1_000_000,
    })
      .optional()
      .describe(
        `Samples that canaries of the run may ask each teacher about that is behind an endpoint; a call asks about up to the batch of its description; those of the self-test do not count; ${CANARY_SAMPLES} by default.`,
      ),
  })
    .prefault({})
    .describe('What is asked of teachers before they are trusted.'),
};

/** How many names of teachers and of accepted teachers are checked. A run has no more; a hostile document may. */
const MAX_TEACHERS = 64;

/** How many names an error message shows. */
const SHOWN = 8;

/** @param accepted - `spec.teacherHealth.accept` as it was written. */
export function teacherHealthProblems(
  accepted: readonly unknown[],
  teachers: readonly Readonly<Record<string, unknown>>[],
): Problem[] {
  const names = teachers.slice(0, MAX_TEACHERS).map(({ name }) => name);
  return accepted.slice(0, MAX_TEACHERS).flatMap((name, index) => {
    if (typeof name !== 'string' || names.includes(name)) return [];
    const shown = names.slice(0, SHOWN).map((one) => String(one).slice(0, NAME_MAX_LENGTH));
    const message = `"${name.slice(0, NAME_MAX_LENGTH)}" is none of spec.teachers; they are ${shown.join(', ')}${names.length > SHOWN ? ', …' : ''}`;
    return [{ path: `spec.teacherHealth.accept[${index}]`, message }];
  });
}

/** Length of a teacher's name. */
const NAME_MAX_LENGTH = 63;
