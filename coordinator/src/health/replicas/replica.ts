/** A worker that has a teacher: the same teacher on another worker is another replica. */
export interface Replica {
  readonly workerId: string;
  /** Identity, hex. */
  readonly teacher: string;
}
