/** The buckets that are copied: from the kind of content to the bucket's name in NATS. To add one, add a line here. */
import { NAME_BUCKET, POINTER_BUCKET, RUN_BUCKET } from '@lyceum/proto';

export const NATS_BUCKETS = {
  runs: RUN_BUCKET,
  pointers: POINTER_BUCKET,
  names: NAME_BUCKET,
} as const;

export type BucketName = keyof typeof NATS_BUCKETS;

export const MIRRORED_BUCKETS = Object.keys(NATS_BUCKETS) as readonly BucketName[];

/** One value for each bucket. */
export function ofEachBucket<T>(value: (name: BucketName) => T): Readonly<Record<BucketName, T>> {
  const entries = MIRRORED_BUCKETS.map((name) => [name, value(name)]);
  return Object.fromEntries(entries) as Record<BucketName, T>;
}
