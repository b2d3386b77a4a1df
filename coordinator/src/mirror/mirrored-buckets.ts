/** The buckets that are copied, by what they hold, with their names in NATS. A further one is a line here. */
import { NAME_BUCKET, POINTER_BUCKET, RUN_BUCKET } from '@lyceum/proto';

export const NATS_BUCKETS = {
  runs: RUN_BUCKET,
  pointers: POINTER_BUCKET,
  names: NAME_BUCKET,
} as const;

export type BucketName = keyof typeof NATS_BUCKETS;

export const MIRRORED_BUCKETS = Object.keys(NATS_BUCKETS) as readonly BucketName[];

/** A value of each. */
export function ofEachBucket<T>(value: (name: BucketName) => T): Readonly<Record<BucketName, T>> {
  const entries = MIRRORED_BUCKETS.map((name) => [name, value(name)]);
  return Object.fromEntries(entries) as Record<BucketName, T>;
}
