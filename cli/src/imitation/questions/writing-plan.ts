/**
 * Which teacher is to write how many new inputs of which class, and which call comes next. Pure.
 *
 * The next call is for the class that has the fewest, by the teacher that wrote the fewest of it: so parts are equal in
 * the end, whatever was dropped before and whichever teacher failed.
 */

/** What one teacher is to write of one class. */
interface Cell {
  readonly teacher: string;
  /** undefined: of any. */
  readonly wanted: string | undefined;
  /** Still to be written, those that are under way included. */
  open: number;
  underWay: number;
  /** Calls in a row that brought nothing new. */
  fruitless: number;
}

export interface WritingCall {
  readonly teacher: string;
  readonly wanted: string | undefined;
  /** Inputs that it asks for. */
  readonly count: number;
}

/** A teacher that brings nothing new so many times in a row has nothing new to say. */
export const FRUITLESS_CALLS = 10;

export interface Written {
  readonly teacher: string;
  readonly wanted?: string | undefined;
  readonly dropped?: string | undefined;
}

export class WritingPlan {
  readonly #cells: readonly Cell[];
  readonly #perCall: number;

  /**
   * @param count - of new inputs in all.
   * @param classes - `[undefined]`: none is known.
   * @param written - what is there.
   */
  constructor(
    { count, perCall }: { readonly count: number; readonly perCall: number },
    classes: readonly (string | undefined)[],
    teachers: readonly string[],
    written: readonly Written[],
  ) {
    this.#perCall = perCall;
    const kept = written.filter(({ dropped }) => dropped === undefined);
    const perClass = filled(
      classes.map((own) => kept.filter(({ wanted }) => wanted === own).length),
      count - kept.length,
    );
    this.#cells = classes.flatMap((wanted, c) => {
      const own = kept.filter((line) => line.wanted === wanted);
      const parts = filled(
        teachers.map((name) => own.filter(({ teacher }) => teacher === name).length),
        perClass[c] as number,
      );
      return teachers.map((teacher, t) => {
        return { teacher, wanted, open: parts[t] as number, underWay: 0, fruitless: 0 };
      });
    });
  }

  /** Inputs that a teacher is still to write; those of classes that were given up are not among them. */
  openOf(teacher: string): number {
    return this.#of(teacher).reduce((sum, { open }) => sum + open, 0);
  }

  /** Classes that a teacher was given up for. */
  givenUpOf(teacher: string): (string | undefined)[] {
    const own = this.#cells.filter((cell) => cell.teacher === teacher && isGivenUp(cell));
    return own.map(({ wanted }) => wanted);
  }

  /** @returns undefined: all that the teacher is to write is under way, or written. */
  next(teacher: string): WritingCall | undefined {
    const left = (cell: Cell) => cell.open - cell.underWay;
    const own = this.#of(teacher).filter((cell) => left(cell) > 0);
    const [cell] = own.sort((a, b) => left(b) - left(a));
    if (cell === undefined) return undefined;
    const count = Math.min(this.#perCall, left(cell));
    cell.underWay += count;
    return { teacher, wanted: cell.wanted, count };
  }

  /** @returns how many new texts of the call may be kept: more were not asked for. */
  room(call: WritingCall): number {
    return this.#cell(call).open;
  }

  /** A call has ended, and so many of its texts were kept. */
  done(call: WritingCall, kept: number): void {
    const cell = this.#cell(call);
    cell.underWay -= call.count;
    cell.open -= kept;
    cell.fruitless = kept > 0 ? 0 : cell.fruitless + 1;
  }

  #of(teacher: string): Cell[] {
    return this.#cells.filter((cell) => cell.teacher === teacher && !isGivenUp(cell));
  }

  #cell({ teacher, wanted }: WritingCall): Cell {
    const isIt = (cell: Cell) => cell.teacher === teacher && cell.wanted === wanted;
    return this.#cells.find(isIt) as Cell;
  }
}

function isGivenUp({ fruitless }: Cell): boolean {
  return fruitless >= FRUITLESS_CALLS;
}

/** How many of `count` each gets, so that with what they have they are as equal as can be; who comes first gets what is over. */
function filled(have: readonly number[], count: number): number[] {
  const all = [...have];
  for (let left = count; left > 0; left--) {
    const least = all.indexOf(Math.min(...all));
    all[least] = (all[least] as number) + 1;
  }
  return all.map((own, k) => own - (have[k] as number));
}
