/** Deliberate faults in the book of tickets. */
import { TicketBook, type TicketEffect } from '@lyceum/coordinator/schedule';
import { type Fault, machines, without } from './fault.js';

function withBook(book: new () => TicketBook) {
  return machines({ ticketBook: () => new book() });
}

class SessionEndIgnored extends TicketBook {
  override sessionEnded(): TicketEffect[] {
    return [];
  }
}

class SessionEndPublishesNothing extends TicketBook {
  override sessionEnded(...args: Parameters<TicketBook['sessionEnded']>): TicketEffect[] {
    return without(super.sessionEnded(...args), 'publish');
  }
}

class SessionEndLooksNowhere extends TicketBook {
  override sessionEnded(workerId: string, _: Iterable<string>, nowMs: number): TicketEffect[] {
    return super.sessionEnded(workerId, [], nowMs);
  }
}

class WaitingTicketForgotten extends TicketBook {
  override tick(nowMs: number): TicketEffect[] {
    return without(super.tick(nowMs), 'publish');
  }
}

class QueueNeverLookedAt extends TicketBook {
  override tick(nowMs: number): TicketEffect[] {
    return without(super.tick(nowMs), 'probe');
  }
}

class QueueLossIgnored extends TicketBook {
  override queueLost(): TicketEffect[] {
    return [];
  }
}

class QueueLossPublishesNothing extends TicketBook {
  override queueLost(nowMs: number): TicketEffect[] {
    return without(super.queueLost(nowMs), 'publish');
  }
}

class DeliveryIgnored extends TicketBook {
  override delivered(): TicketEffect[] {
    return [];
  }
}

class SilentWorkerKeepsTicket extends TicketBook {
  readonly #ids = new Set<string>();
  override want(...args: Parameters<TicketBook['want']>): TicketEffect[] {
    this.#ids.add(args[1]);
    return super.want(...args);
  }
  override tick(nowMs: number): TicketEffect[] {
    for (const id of this.#ids) this.progressed(id, nowMs);
    return super.tick(nowMs);
  }
}

class AttemptReused extends TicketBook {
  readonly #attempts = new Map<string, number>();
  override want(...args: Parameters<TicketBook['want']>): TicketEffect[] {
    return super.want(...args).map((effect) => this.#withFirstAttempt(effect));
  }
  override tick(nowMs: number): TicketEffect[] {
    return super.tick(nowMs).map((effect) => this.#withFirstAttempt(effect));
  }
  override sessionEnded(...args: Parameters<TicketBook['sessionEnded']>): TicketEffect[] {
    return super.sessionEnded(...args).map((effect) => this.#withFirstAttempt(effect));
  }
  #withFirstAttempt(effect: TicketEffect): TicketEffect {
    if (effect.kind !== 'publish') return effect;
    const attempt = this.#attempts.get(effect.id) ?? effect.ticket.attempt;
    this.#attempts.set(effect.id, attempt);
    return { ...effect, ticket: { ...effect.ticket, attempt } };
  }
}

class UnwantIgnored extends TicketBook {
  override unwant(): TicketEffect[] {
    return [];
  }
}

class UnwantOfOneIsUnwantOfAll extends TicketBook {
  readonly #owners = new Map<string, Set<string>>();
  override want(...args: Parameters<TicketBook['want']>): TicketEffect[] {
    const [owner, id] = args;
    this.#owners.set(id, (this.#owners.get(id) ?? new Set()).add(owner));
    return super.want(...args);
  }
  override unwant(_: string, id: string): TicketEffect[] {
    return [...(this.#owners.get(id) ?? [])].flatMap((owner) => super.unwant(owner, id));
  }
}

class SecondAskerNotNoted extends TicketBook {
  override want(...args: Parameters<TicketBook['want']>): TicketEffect[] {
    return this.isWanted(args[1]) ? [] : super.want(...args);
  }
}

class OneAskerTold extends TicketBook {
  override answered(id: string): TicketEffect[] {
    return super
      .answered(id)
      .map((effect) =>
        effect.kind === 'satisfied' ? { ...effect, owners: effect.owners.slice(0, 1) } : effect,
      );
  }
}

class UnwantedMessageLeft extends TicketBook {
  override unwant(owner: string, id: string): TicketEffect[] {
    return without(super.unwant(owner, id), 'remove');
  }
}

class AnsweredMessageLeft extends TicketBook {
  override answered(id: string): TicketEffect[] {
    return without(super.answered(id), 'remove');
  }
}

class FailedPublishingForgotten extends TicketBook {
  override publishFailed(): void {}
}

class ReturnIgnored extends TicketBook {
  override returned(): TicketEffect[] {
    return [];
  }
}

class RefusalIgnored extends TicketBook {
  override rejected(): TicketEffect[] {
    return [];
  }
  override returned(...args: Parameters<TicketBook['returned']>): TicketEffect[] {
    const [workerId, id, attempt, { reason }, nowMs] = args;
    return super.returned(workerId, id, attempt, { reason, retryable: true }, nowMs);
  }
}

class GivenUpAtFirstRefusal extends TicketBook {
  override rejected(...args: Parameters<TicketBook['rejected']>): TicketEffect[] {
    const [id, attempt, reason, nowMs] = args;
    for (;;) {
      const effects = super.rejected(id, attempt, reason, nowMs);
      const issue = effects.find((effect) => effect.kind === 'reissued');
      if (issue === undefined) return effects;
      args[1] = issue.ticket.attempt;
      return this.rejected(id, issue.ticket.attempt, reason, nowMs);
    }
  }
}

class StrangersAnswerUnwelcome extends TicketBook {
  override answered(id: string): TicketEffect[] {
    return this.holderOf(id) === undefined ? [] : super.answered(id);
  }
}

export const TICKET_FAULTS: readonly Fault[] = [
  ['the end of a session is ignored', withBook(SessionEndIgnored)],
  [
    'tickets that an ended session held are not published again',
    withBook(SessionEndPublishesNothing),
  ],
  ['tickets delivered to an ended session are not looked for', withBook(SessionEndLooksNowhere)],
  ['a ticket that waits for its next issue is forgotten', withBook(WaitingTicketForgotten)],
  ['a queue is never looked at', withBook(QueueNeverLookedAt)],
  ['a delivered ticket that no worker reports is not issued again', withBook(DeliveryIgnored)],
  ['a lost queue is not noticed', withBook(QueueLossIgnored)],
  ['tickets of a lost queue are not published again', withBook(QueueLossPublishesNothing)],
  ['a silent worker keeps its ticket for ever', withBook(SilentWorkerKeepsTicket)],
  ['an attempt number is used again', withBook(AttemptReused)],
  ['a withdrawn ticket stays wanted', withBook(UnwantIgnored)],
  ['one asker withdraws for all', withBook(UnwantOfOneIsUnwantOfAll)],
  ['a second asker is not noted', withBook(SecondAskerNotNoted)],
  ['only one asker is told', withBook(OneAskerTold)],
  ['the message of an unwanted ticket is left', withBook(UnwantedMessageLeft)],
  ['the message of an answered ticket is left', withBook(AnsweredMessageLeft)],
  ['a ticket that could not be published is forgotten', withBook(FailedPublishingForgotten)],
  ['a ticket handed back is not issued again', withBook(ReturnIgnored)],
  ['a wrong answer is asked for again without end', withBook(RefusalIgnored)],
  ['a run is given up at the first wrong answer', withBook(GivenUpAtFirstRefusal)],
  ['an answer is taken only from the holder of its ticket', withBook(StrangersAnswerUnwelcome)],
];
