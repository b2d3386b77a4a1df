/**
 * What one replica was asked by probes, and what it answered. A probe is asked by raising how often the session is to
 * have answered it, so that an assignment that is lost or repeated changes nothing. Pure.
 */

/** Answers to a probe before the first ticket: two show whether the replica repeats itself. */
const SELF_TEST_ROUNDS = 2;

export interface ProbeState {
  /** Counts of answers: asked for, come, and needed before the replica may take a ticket. */
  asked: number;
  answered: number;
  needed: number;
  /** Number of the answer that must be computed, not taken from what the worker kept; 0: none. */
  anew: number;
  /** The newest answer; undefined: none, or forgotten. */
  values: Float32Array | undefined;
  /** The server behind the teacher refuses it, whichever replica asks. */
  refused: boolean;
  /** The first answer since the last self-test began; undefined: as `values`. */
  first: Float32Array | undefined;
  /** The answer has other bits than the reference. */
  differs: boolean;
}

export class ReplicaProbes {
  /** Includes probes that are no longer wanted: their counts must last as long as the session. */
  readonly #states = new Map<string, ProbeState>();
  /** The probes that count: the worker is told of no others. */
  #wanted: readonly ProbeState[] = [];

  /** Sets the probes that count from now on. New ones are asked as a self-test. */
  want(probes: readonly string[]): void {
    this.#wanted = probes.map((probe) => {
      const state = this.#states.get(probe) ?? untouched();
      this.#states.set(probe, state);
      if (state.values === undefined && !state.refused) ask(state, SELF_TEST_ROUNDS, true);
      return state;
    });
  }

  /** Asks a refused probe again: the server may have been mended. */
  askAgain(probe: string): void {
    const state = this.#states.get(probe);
    if (state?.refused !== true) return;
    state.refused = false;
    ask(state, SELF_TEST_ROUNDS, true);
  }

  /**
   * An answer came that is not judged. It is counted, since the worker sends no answer twice. Earlier answers are
   * forgotten, so that the replica is tested again before it gets tickets.
   */
  pass(probe: string, round: number): void {
    const state = this.#states.get(probe);
    if (state === undefined) return;
    state.answered = Math.max(state.answered, Math.min(round, state.asked));
    state.values = undefined;
    state.first = undefined;
    state.refused = false;
  }

  /**
   * Asks each probe as in a self-test: earlier answers count no more.
   *
   * @param isAnew - nor do answers that the worker kept.
   */
  test(isAnew = false): void {
    for (const state of this.#states.values()) state.first = undefined;
    this.ask(SELF_TEST_ROUNDS, true, isAnew);
  }

  get(probe: string): ProbeState | undefined {
    return this.#states.get(probe);
  }

  /**
   * Asks each probe `more` times beyond what has been answered; what is asked already is not asked twice.
   *
   * @param isAnew - the first answer that cannot be under way yet must be computed, not taken from what the worker
   *   kept.
   */
  ask(more: number, isNeeded: boolean, isAnew = false): void {
    for (const state of this.#states.values()) {
      const before = state.asked;
      ask(state, more, isNeeded);
      if (isAnew) state.anew = Math.min(before + 1, state.asked);
    }
  }

  /**
   * Asks each probe once more; answers under way do not count, since they may be older. No ticket may come until then.
   */
  askAfresh(): void {
    for (const state of this.#states.values()) {
      state.asked++;
      state.needed = state.asked;
      state.anew = state.asked;
    }
  }

  /** Whether all that a ticket has to wait for has been answered. */
  get isTested(): boolean {
    return this.#wanted.every(({ answered, needed }) => answered >= needed);
  }

  /** Whether all that was asked has been answered. */
  get isQuiet(): boolean {
    return this.#wanted.every(({ asked, answered }) => answered >= asked);
  }

  get differs(): boolean {
    return this.#wanted.some(({ differs }) => differs);
  }

  /** Forgets the answers to all probes but these. */
  retain(probes: ReadonlySet<string>): void {
    for (const [probe, state] of this.#states) {
      if (probes.has(probe)) continue;
      state.values = undefined;
      state.first = undefined;
      state.refused = false;
      state.differs = false;
    }
  }
}

function untouched(): ProbeState {
  return {
    asked: 0,
    answered: 0,
    needed: 0,
    anew: 0,
    values: undefined,
    refused: false,
    first: undefined,
    differs: false,
  };
}

function ask(probe: ProbeState, more: number, isNeeded: boolean): void {
  probe.asked = Math.max(probe.asked, probe.answered + more);
  if (isNeeded) probe.needed = probe.asked;
}
