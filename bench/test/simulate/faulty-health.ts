/** Deliberate faults in the trust in answers, and in the handling of answers that are not trusted. */
import { AskBook } from '@lyceum/coordinator/asks';
import { type HealthEffect, ReplicaHealth } from '@lyceum/coordinator/replicas';
import { firstAffectedStep, TicketBook, TicketTakers } from '@lyceum/coordinator/schedule';
import type { StoredAnswers } from '../../src/simulate/world/index.js';
import { type Fault, machines, without } from './fault.js';

type Health = ReplicaHealth<StoredAnswers>;
type Effects = HealthEffect<StoredAnswers>[];

function withTakers(takers: new () => TicketTakers) {
  return machines({ askBook: (tickets) => new AskBook(tickets, new takers()) });
}

function withHealth(health: new (...args: ConstructorParameters<typeof ReplicaHealth>) => Health) {
  return machines({ replicaHealth: (quarantines) => new health(quarantines) });
}

/** The real machine with one of its parts changed. */
function withChanged(change: (health: Health) => void) {
  return machines({
    replicaHealth: (quarantines) => {
      const health: Health = new ReplicaHealth(quarantines);
      change(health);
      return health;
    },
  });
}

class LossesForgotten extends TicketTakers {
  override discredited(): number {
    return 0;
  }
}

class DiscreditedHoldsTickets extends TicketBook {
  override discredited(): [] {
    return [];
  }
}

class SuspectsKept extends ReplicaHealth<StoredAnswers> {
  override answered(...args: Parameters<Health['answered']>): Effects {
    return without(super.answered(...args), 'suspect');
  }
}

class OthersOfServerTrusted extends ReplicaHealth<StoredAnswers> {
  override answered(...args: Parameters<Health['answered']>): Effects {
    const [{ workerId }] = args;
    return super
      .answered(...args)
      .filter((effect) => effect.kind !== 'discredited' || effect.workerId === workerId);
  }
}

class ReleasedIsTrusted extends ReplicaHealth<StoredAnswers> {
  override isTrusted(replica: Parameters<Health['isTrusted']>[0]): boolean {
    return this.quarantine(replica) === undefined;
  }
}

function canaryProvesAll({ canaries: { unproven } }: Health): void {
  const prove = unproven.prove.bind(unproven);
  unproven.prove = (replica) => prove(replica, Number.POSITIVE_INFINITY);
}

function failureWhileStoringIgnored({ canaries }: Health): void {
  const stored = canaries.stored.bind(canaries);
  canaries.stored = (replica, item, sampleCount) =>
    stored(replica, item, sampleCount, canaries.failureCount(replica));
}

function orphansBelieved({ canaries: { unproven } }: Health): void {
  unproven.orphan = (workerId, teacher) => {
    for (const each of teacher === undefined ? unproven.teachers() : [teacher]) {
      unproven.prove({ workerId, teacher: each }, Number.POSITIVE_INFINITY);
    }
  };
}

function othersOfServerBelieved({ canaries: { unproven } }: Health): void {
  const take = unproven.take.bind(unproven);
  unproven.take = (replica) => take(replica, false);
}

export const HEALTH_FAULTS: readonly Fault[] = [
  [
    'an answer of a discredited worker to a ticket that it lost is taken',
    withTakers(LossesForgotten),
  ],
  [
    'a quarantined worker keeps its tickets',
    machines({ ticketBook: () => new DiscreditedHoldsTickets() }),
  ],
  ['suspect answers are not dropped', withHealth(SuspectsKept)],
  ['workers are trusted whose server failed', withHealth(OthersOfServerTrusted)],
  ['a released worker is trusted untested', withHealth(ReleasedIsTrusted)],
  ['a canary proves what was stored after it was asked', withChanged(canaryProvesAll)],
  ['a failure while an answer is stored is ignored', withChanged(failureWhileStoringIgnored)],
  ['unproven answers of a worker that has gone are believed', withChanged(orphansBelieved)],
  [
    "other workers' answers from a server that failed are believed",
    withChanged(othersOfServerBelieved),
  ],
  [
    'a run stays where it is though answers are dropped',
    machines({ firstAffectedStep: () => undefined }),
  ],
  [
    'a run goes back one step too few',
    machines({
      firstAffectedStep: (...args) => {
        const step = firstAffectedStep(...args);
        return step === undefined ? undefined : step + 1;
      },
    }),
  ],
];
