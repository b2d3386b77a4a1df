/** A teacher of a run as its record has it: what its specification names, pinned to digests. */
import { RAW_KINDS } from '@lyceum/learning/models';
import { z } from 'zod';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

export const pinnedTeacher = z.strictObject({
  /** Its name in the run. */
  name: z.string(),
  /** SHA-256 of model, settings and engine. */
  identity: digest,
  modelDigest: digest,
  /** Canonical JSON. */
  settingsJson: z.string(),
  /** What runs it. */
  engine: z.string(),
  /** What it may be asked for. */
  access: z.enum(['white', 'gray', 'black']),
  weight: z.number().min(0),
  parameterCount: count,
  weightBytes: count,
  /** Classes of the set that it knows, rising; absent: all. */
  knownClasses: z.array(count).optional(),
  /** What the set was made of, which it is given, and no view changes. */
  reads: z.enum(RAW_KINDS).optional(),
});

export type PinnedTeacher = z.output<typeof pinnedTeacher>;
