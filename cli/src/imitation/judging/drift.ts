/**
 * Whether a teacher's answers became other ones while they were collected: in windows of equal numbers of answers, by the time
 * at which they came. Pure; it says, no more, since the cause may be the order of the inputs.
 *
 * What inputs are about may change with their order, and then the classes named do. So each window stands beside what the
 * other teachers said of the same inputs, and agreement with them is what a doubt is based on.
 *
 * Symbols: n answers, p a share of them; 1 the first half, 2 the second. z = (p₁ − p₂) / √(p(1 − p)(1/n₁ + 1/n₂)), with p of
 * both; a doubt is |z| > {@link DOUBT_Z}.
 */
import type { ImitationAnswer } from '../asking/index.js';

const WINDOWS_MAX_COUNT = 8;

/** Fewer answers say little of a window. */
const WINDOW_ANSWERS = 25;

/** Two-sided, one in a thousand. */
const DOUBT_Z = 3.29;

interface DriftWindow {
  /** When its first and its last answer came. */
  readonly from: string;
  readonly to: string;
  readonly answers: number;
  /** Shares of the answers. */
  readonly unreadable: number;
  readonly abstained: number;
  /** Of those that name a class, and of which the others name one too: the share in which it is the same. */
  readonly agreement: number | null;
  /** How far the classes that it names are from those of all its answers: half the sum of the differences of the shares. */
  readonly distance: number | null;
  /** The same of what the others say of the window's inputs. */
  readonly othersDistance: number | null;
}

export interface TeacherDrift {
  readonly name: string;
  readonly windows: readonly DriftWindow[];
  /** Of the first and of the second half; null: too few answers. */
  readonly agreement: readonly [early: number, late: number] | null;
  readonly unreadable: readonly [early: number, late: number] | null;
  /** What is not chance, in words. */
  readonly doubts: readonly string[];
}

/** One answer, with what the other teachers say of its input. */
interface Said {
  readonly at: string;
  readonly answer: ImitationAnswer;
  /** The class that most of the others name; undefined: none, or as many name another. */
  readonly others: string | undefined;
}

/** @param byTeacher - answers by input, of each teacher. */
export function driftOf(
  names: readonly string[],
  byTeacher: readonly (readonly (ImitationAnswer | undefined)[])[],
): TeacherDrift[] {
  return names.map((name, k) => {
    const said = (byTeacher[k] ?? []).flatMap((answer, n): Said[] => {
      if (answer === undefined) return [];
      const others = byTeacher.flatMap((own, j) => (j === k ? [] : (own[n]?.class ?? [])));
      return [{ at: answer.at, answer, others: mostNamed(others) }];
    });
    said.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    const count = Math.min(
      WINDOWS_MAX_COUNT,
      Math.max(1, Math.floor(said.length / WINDOW_ANSWERS)),
    );
    const windows = said.length === 0 ? [] : parts(said, count).map((own) => windowOf(own, said));
    const halves = said.length < 2 * WINDOW_ANSWERS ? undefined : parts(said, 2);
    return { name, windows, ...comparedHalves(halves) };
  });
}

function comparedHalves(halves: readonly (readonly Said[])[] | undefined) {
  const [early, late] = halves ?? [];
  if (early === undefined || late === undefined) {
    return { agreement: null, unreadable: null, doubts: [] };
  }
  const agreements = [agreed(early), agreed(late)] as const;
  const failures = [unread(early), unread(late)] as const;
  const [before, after] = agreements.map(shareOf);
  return {
    agreement: before == null || after == null ? null : ([before, after] as const),
    unreadable: [shareOf(failures[0]) ?? 0, shareOf(failures[1]) ?? 0] as const,
    doubts: [
      ...doubt('agreement with the others', agreements),
      ...doubt('the share of answers that cannot be read', failures),
    ],
  };
}

interface Count {
  readonly part: number;
  readonly whole: number;
}

function doubt(what: string, [early, late]: readonly [Count, Count]): string[] {
  const [before, after] = [shareOf(early), shareOf(late)];
  const all = shareOf({ part: early.part + late.part, whole: early.whole + late.whole });
  if (before === null || after === null || all === null || all === 0 || all === 1) return [];
  const z = (before - after) / Math.sqrt(all * (1 - all) * (1 / early.whole + 1 / late.whole));
  if (Math.abs(z) <= DOUBT_Z) return [];
  const text = (share: number) => `${(100 * share).toFixed(1)} %`;
  return [`${what} went from ${text(before)} in the first half to ${text(after)} in the second`];
}

function windowOf(own: readonly Said[], all: readonly Said[]): DriftWindow {
  const abstained = own.filter(({ answer }) => answer.class === null && !answer.problem);
  return {
    from: own[0]?.at ?? '',
    to: own.at(-1)?.at ?? '',
    answers: own.length,
    unreadable: shareOf(unread(own)) ?? 0,
    abstained: abstained.length / own.length,
    agreement: shareOf(agreed(own)),
    distance: distance(own, all, ({ answer }) => answer.class ?? undefined),
    othersDistance: distance(own, all, ({ others }) => others),
  };
}

function unread(said: readonly Said[]): Count {
  return {
    part: said.filter(({ answer }) => answer.problem !== undefined).length,
    whole: said.length,
  };
}

function agreed(said: readonly Said[]): Count {
  const both = said.filter(({ answer, others }) => answer.class !== null && others !== undefined);
  return {
    part: both.filter(({ answer, others }) => answer.class === others).length,
    whole: both.length,
  };
}

/** Total variation of the classes named in a part and in the whole. */
function distance(
  own: readonly Said[],
  all: readonly Said[],
  classOf: (said: Said) => string | undefined,
): number | null {
  const [part, whole] = [own, all].map((said) =>
    sharesOf(said.flatMap((one) => classOf(one) ?? [])),
  );
  if (part === undefined || whole === undefined || part.size === 0) return null;
  const differences = [...whole].map(([name, share]) => Math.abs((part.get(name) ?? 0) - share));
  return differences.reduce((sum, difference) => sum + difference, 0) / 2;
}

function sharesOf(names: readonly string[]): Map<string, number> {
  const counts = countsOf(names);
  return new Map([...counts].map(([name, count]) => [name, count / names.length]));
}

function countsOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function mostNamed(classes: readonly string[]): string | undefined {
  const counts = countsOf(classes);
  const most = Math.max(0, ...counts.values());
  const first = [...counts].filter(([, count]) => count === most);
  return first.length === 1 ? first[0]?.[0] : undefined;
}

/** So many parts of about equal length, in order. */
function parts<T>(items: readonly T[], count: number): T[][] {
  const end = (n: number) => Math.round((n * items.length) / count);
  return Array.from({ length: count }, (_, n) => items.slice(end(n), end(n + 1)));
}

function shareOf({ part, whole }: Count): number | null {
  return whole === 0 ? null : part / whole;
}
