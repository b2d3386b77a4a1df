/**
 * Simulated time: events in the order of their moments, and processes that may die and be stopped.
 *
 * An event of a process belongs to the life of the process in which it was planned. If that life is over when the
 * event's moment comes, the event is dropped; if the process is stopped, the event waits.
 */

interface PlannedEvent {
  readonly atMs: number;
  /** Events at the same moment happen in the order in which they were planned. */
  readonly order: number;
  readonly process: SimulatedProcess | undefined;
  readonly life: number;
  readonly act: () => void;
}

export class EventClock {
  nowMs = 0;
  #order = 0;
  /** A binary heap: each event is before its two children. */
  readonly #heap: PlannedEvent[] = [];

  /** Plans `act` for a moment from now on, as an event of `process` if there is one. */
  after(delayMs: number, act: () => void, process?: SimulatedProcess): void {
    const life = process?.life ?? 0;
    this.#plan({ atMs: this.nowMs + delayMs, order: this.#order++, process, life, act });
  }

  /** Lets the next event happen. @returns false if there is no event up to `endMs`. */
  step(endMs: number): boolean {
    const [first] = this.#heap;
    if (first === undefined || first.atMs > endMs) return false;
    this.#removeFirst();
    this.nowMs = Math.max(this.nowMs, first.atMs);
    const { process, life, act } = first;
    if (process === undefined) act();
    else if (process.alive && process.life === life) {
      if (process.stopped) process.waiting.push(act);
      else act();
    }
    return true;
  }

  #plan(event: PlannedEvent): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as PlannedEvent;
      if (isBefore(above, event)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as PlannedEvent;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (
        child + 1 < heap.length &&
        isBefore(heap[child + 1] as PlannedEvent, heap[child] as PlannedEvent)
      ) {
        child++;
      }
      const below = heap[child] as PlannedEvent;
      if (isBefore(last, below)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: PlannedEvent, b: PlannedEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

export class SimulatedProcess {
  readonly name: string;
  readonly #clock: EventClock;
  alive = true;
  stopped = false;
  diedAtMs = 0;
  stoppedAtMs = 0;
  /** Number of the process' deaths so far. */
  life = 0;
  /** Events that came while the process was stopped. */
  waiting: (() => void)[] = [];

  constructor(name: string, clock: EventClock) {
    this.name = name;
    this.#clock = clock;
  }

  /** Plans an event of this life of the process. */
  after(delayMs: number, act: () => void): void {
    this.#clock.after(delayMs, act, this);
  }

  kill(): void {
    this.life++;
    this.alive = false;
    this.diedAtMs = this.#clock.nowMs;
    this.stopped = false;
    this.waiting = [];
  }

  start(): void {
    this.life++;
    this.alive = true;
  }

  /** Stops the process, as SIGSTOP does: nothing happens in it until {@link resume}, and then everything at once. */
  stop(): void {
    this.stopped = true;
    this.stoppedAtMs = this.#clock.nowMs;
  }

  resume(): void {
    this.stopped = false;
    const { waiting, life } = this;
    this.waiting = [];
    // Waiting events happen at once, before all other events of this moment, so that connections keep their order.
    for (const act of waiting) if (this.life === life) act();
  }
}
