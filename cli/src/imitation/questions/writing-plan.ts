/**
 * Plans how many new inputs of each class each teacher writes, and the next call. Pure.
 *
 * The plan counts the written inputs: in the end all classes have equally many, and within a class all teachers wrote
 * equally many. A teacher's next call is for the class of which it has most left to write.
 */

/** The texts that one teacher still has to write of one class. */
interface Cell {
  readonly teacher: string;
  /** Undefined: any class. */
  readonly wanted: string | undefined;
  /** Number of texts still to be written, with those under way. */
  open: number;
  underWay: number;
  /** Calls in a row that brought nothing new. */
  fruitless: number;
}

export interface WritingCall {
  readonly teacher: string;
  readonly wanted: string | undefined;
  /** Number of inputs that the call asks for. */
  readonly count: number;
}

/** After this many calls in a row without a new text, a teacher is given up for that class. */
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
   * @param count - number of new inputs of all teachers and classes, written ones included.
   * @param classes - `[undefined]`: no class is known.
   * @param written - texts that the file has.
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

  /** Number of inputs that a teacher still has to write, without classes that were given up. */
  openOf(teacher: string): number {
    return this.#of(teacher).reduce((sum, { open }) => sum + open, 0);
  }

  /** Classes for which the teacher was given up. */
  givenUpOf(teacher: string): (string | undefined)[] {
    const own = this.#cells.filter((cell) => cell.teacher === teacher && isGivenUp(cell));
    return own.map(({ wanted }) => wanted);
  }

  /** @returns the teacher's next call; undefined: all its texts are written or under way. */
  next(teacher: string): WritingCall | undefined {
    const left = (cell: Cell) => cell.open - cell.underWay;
    const own = this.#of(teacher).filter((cell) => left(cell) > 0);
    const [cell] = own.sort((a, b) => left(b) - left(a));
    if (cell === undefined) return undefined;
    const count = Math.min(this.#perCall, left(cell));
    cell.underWay += count;
    return { teacher, wanted: cell.wanted, count };
  }

  /** @returns how many new texts of the call may be kept: no more are wanted. */
  room(call: WritingCall): number {
    return this.#cell(call).open;
  }

  /** Notes that a call has ended, and how many of its texts were kept. */
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

/**
 * Shares `count` out so that the sums with `have` are as equal as possible; in a tie the first gets more.
 */
function filled(have: readonly number[], count: number): number[] {
  const all = [...have];
  for (let left = count; left > 0; left--) {
    const least = all.indexOf(Math.min(...all));
    all[least] = (all[least] as number) + 1;
  }
  return all.map((own, k) => own - (have[k] as number));
}
