/** A teacher in a run's record: its model, which the specification names, is pinned to a digest. */
import { RAW_KINDS } from '@lyceum/learning/models';
import { z } from 'zod';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

export const pinnedTeacher = z.strictObject({
  /** The teacher's name in the run. */
  name: z.string(),
  /** SHA-256 of model, settings and engine. */
  identity: digest,
  modelDigest: digest,
  /** Canonical JSON. */
  settingsJson: z.string(),
  /** Name of the engine that runs the model. */
  engine: z.string(),
  /** Which outputs the teacher may be asked for. */
  access: z.enum(['white', 'gray', 'black']),
  weight: z.number().min(0),
  parameterCount: count,
  weightBytes: count,
  /** Classes of the set that the teacher knows, rising; absent: all. */
  knownClasses: z.array(count).optional(),
  /** Raw form in which the teacher reads the samples; no view changes it. Absent: it reads the set's numbers. */
  reads: z.enum(RAW_KINDS).optional(),
});

export type PinnedTeacher = z.output<typeof pinnedTeacher>;
