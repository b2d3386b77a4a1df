/** The replicas of the sessions that are open, and what each has been asked and has done. Pure. */
import { FailedTickets } from './failed-tickets.js';
import type { Replica } from './replica.js';
import { ReplicaProbes } from './replica-probes.js';

export interface KnownReplica extends Replica {
  readonly probes: ReplicaProbes;
  readonly failedTickets: FailedTickets;
  /** All replicas of the teacher ask the same model, behind one server. */
  isShared: boolean;
  /** How far its answers to equal questions may differ, as it said with its newest answer to a probe. */
  noise: number;
  /** The probes that are asked prove answers up to this number of `UnprovenAnswers`. */
  askedAt: number;
  /** It was released, or its server's model failed, and it has not passed its probes since. */
  awaitsTest: boolean;
  /** It could not load its teacher, and has not loaded it since. */
  isLost: boolean;
  /** When it last passed all its probes. */
  passedAtMs: number;
  /** Runs that it has answered. */
  readonly runs: Set<string>;
}

export class KnownReplicas {
  readonly #replicas = new Map<string, KnownReplica>();

  /** Undefined: its worker has no session, or was never told of the teacher. */
  get(replica: Replica): KnownReplica | undefined {
    return this.#replicas.get(replicaKey(replica));
  }

  /** The replica, known from now on. */
  know({ workerId, teacher }: Replica): KnownReplica {
    const replica = this.get({ workerId, teacher }) ?? {
      workerId,
      teacher,
      probes: new ReplicaProbes(),
      failedTickets: new FailedTickets(),
      isShared: false,
      noise: 0,
      askedAt: 0,
      awaitsTest: false,
      isLost: false,
      passedAtMs: 0,
      runs: new Set<string>(),
    };
    this.#replicas.set(replicaKey(replica), replica);
    return replica;
  }

  all(): KnownReplica[] {
    return [...this.#replicas.values()];
  }

  ofTeacher(teacher: string): KnownReplica[] {
    return this.all().filter((replica) => replica.teacher === teacher);
  }

  forgetWorker(workerId: string): void {
    for (const [key, replica] of this.#replicas) {
      if (replica.workerId === workerId) this.#replicas.delete(key);
    }
  }
}

export function replicaKey({ workerId, teacher }: Replica): string {
  return `${teacher} ${workerId}`;
}
