/**
 * What one replica was asked by probes, and what it answered. A probe is asked by raising how often the session is to
 * have answered it, so that an assignment that is lost or repeated changes nothing. Pure.
 */

/** Answers to a probe before the first ticket: two show whether the replica repeats itself. */
const SELF_TEST_ROUNDS = 2;

export interface ProbeState {
  /** Answers asked for, those that came, and those that must have come before a ticket may. */
  asked: number;
  answered: number;
  needed: number;
  /** The answer that must not be one that the worker kept; 0: none. */
  anew: number;
  /** The newest answer; undefined: none, or forgotten. */
  values: Float32Array | undefined;
  /** A server outside has no answer to it, whoever asks. */
  refused: boolean;
  /** The first one since the last self-test began; undefined: as `values`. */
  first: Float32Array | undefined;
  /** It gave other bits than the reference. */
  differs: boolean;
}

export class ReplicaProbes {
  /** Those of before too: how often a session was asked must not be forgotten while it lasts. */
  readonly #states = new Map<string, ProbeState>();
  /** None of the others counts: the worker is not told of them. */
  #wanted: readonly ProbeState[] = [];

  /** It is to have these probes and no others; those that are new to it are its self-test. */
  want(probes: readonly string[]): void {
    this.#wanted = probes.map((probe) => {
      const state = this.#states.get(probe) ?? untouched();
      this.#states.set(probe, state);
      if (state.values === undefined && !state.refused) ask(state, SELF_TEST_ROUNDS, true);
      return state;
    });
  }

  /** What was refused may have been mended. */
  askAgain(probe: string): void {
    const state = this.#states.get(probe);
    if (state?.refused !== true) return;
    state.refused = false;
    ask(state, SELF_TEST_ROUNDS, true);
  }

  /**
   * An answer has come that nobody judges. It is counted, since the worker gives no answer twice; what was said before counts no
   * more, so that the replica is tested anew before it gets tickets.
   */
  pass(probe: string, round: number): void {
    const state = this.#states.get(probe);
    if (state === undefined) return;
    state.answered = Math.max(state.answered, Math.min(round, state.asked));
    state.values = undefined;
    state.first = undefined;
  }

  /** Asks each probe as in a self-test: what it said before counts no more. @param isAnew - nor does what its worker kept. */
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
   * @param isAnew - the first of those that may not be on their way yet shall not be an answer that the worker kept.
   */
  ask(more: number, isNeeded: boolean, isAnew = false): void {
    for (const state of this.#states.values()) {
      const before = state.asked;
      ask(state, more, isNeeded);
      if (isAnew) state.anew = Math.min(before + 1, state.asked);
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

  /** Nobody asks about any but these probes any more. */
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
