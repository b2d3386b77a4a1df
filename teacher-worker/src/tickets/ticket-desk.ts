/** The lanes of the loaded teachers: one each, under the session that is open, as the assignment says. */
import { sleep } from '@lyceum/platform';
import type { SessionLink } from '../session/index.js';
import type { TicketLane } from './ticket-lane.js';

export interface DeskTeacher {
  readonly identity: string;
  /** JetStream's names of the queue. */
  readonly stream: string;
  readonly consumer: string;
  readonly ticketsInHand: number;
}

interface OpenLane {
  readonly lane: TicketLane;
  readonly link: SessionLink;
  readonly teacher: DeskTeacher;
}

export interface DeskOptions {
  readonly openLane: (teacher: DeskTeacher, link: SessionLink) => TicketLane;
  /** Called when the last ticket of a teacher that takes no more was settled. */
  readonly settled: () => void;
}

export class TicketDesk {
  readonly #options: DeskOptions;
  readonly #open = new Map<string, OpenLane>();
  /** Stopped lanes with tickets in hand, and the teacher of each. */
  readonly #stopping = new Map<TicketLane, string>();
  #draining = false;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** Takes tickets for exactly these teachers. */
  follow(link: SessionLink, teachers: readonly DeskTeacher[]): void {
    if (this.#draining || link.closed.aborted) return;
    const wanted = new Map(teachers.map((teacher) => [teacher.identity, teacher]));
    for (const [identity, open] of this.#open) {
      const teacher = wanted.get(identity);
      if (teacher === undefined) this.#stop(identity, open, 'the teacher is no longer wanted here');
      else if (open.link !== link || !sameQueue(open.teacher, teacher)) {
        this.#stop(identity, open, "the teacher's queue changed");
      } else open.lane.update(teacher);
    }
    for (const [identity, teacher] of wanted) {
      if (this.#open.has(identity)) continue;
      this.#open.set(identity, { lane: this.#options.openLane(teacher, link), link, teacher });
    }
  }

  /** Number of tickets in hand of one teacher. */
  inHand(identity: string): number {
    const stopping = [...this.#stopping].filter(([, whose]) => whose === identity);
    const lanes = [...stopping.map(([lane]) => lane), this.#open.get(identity)?.lane];
    return lanes.reduce((sum, lane) => sum + (lane?.inHand ?? 0), 0);
  }

  /** The session has ended: takes no more tickets until the next one. */
  leave(): void {
    for (const [identity, open] of this.#open) this.#stop(identity, open, 'the session has ended');
  }

  /** Takes no more tickets, ever; finishes those in hand within the budget, and hands back the rest. */
  async drain(budgetMs: number): Promise<void> {
    this.#draining = true;
    const reason = 'the worker is draining';
    for (const [identity, open] of this.#open) this.#stop(identity, open, reason);
    const settled = Promise.all([...this.#stopping.keys()].map((lane) => lane.settled));
    const budget = new AbortController();
    await Promise.race([settled, sleep(budgetMs, budget.signal)]);
    budget.abort();
    for (const lane of this.#stopping.keys()) lane.abandon(reason);
    await settled;
  }

  #stop(identity: string, { lane }: OpenLane, reason: string): void {
    this.#open.delete(identity);
    this.#stopping.set(lane, identity);
    lane.stop(reason);
    void lane.settled.then(() => {
      this.#stopping.delete(lane);
      this.#options.settled();
    });
  }
}

function sameQueue(a: DeskTeacher, b: DeskTeacher): boolean {
  return a.stream === b.stream && a.consumer === b.consumer;
}
