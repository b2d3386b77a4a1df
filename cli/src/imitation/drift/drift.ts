/**
 * Finds whether a teacher's answers changed while they were collected. In order of time, the answers are cut into
 * windows of equal size, and the place is found where a share changed most. Pure.
 *
 * The cause may be the order of the inputs: if their topics change, the named classes change too. So each window is
 * compared with the answers of the other teachers to the same inputs, and a doubt is based on the agreement with them.
 */
import { mostNamed } from '@lyceum/learning/imitation';
import type { ImitationAnswer } from '../asking/index.js';
import { type ChangePoint, changePoint } from './change-point.js';
import { countsOf } from './counts.js';

const WINDOWS_MAX_COUNT = 8;

/** Least number of answers in a window, if there is more than one window. */
const WINDOW_ANSWERS = 25;

export interface DriftWindow {
  /** Times of the window's first and last answer. */
  readonly from: string;
  readonly to: string;
  readonly answers: number;
  /** Shares of the answers. */
  readonly unreadable: number;
  readonly abstained: number;
  /** Share of equal classes, of the answers where both this teacher and the others name one; null: there is none. */
  readonly agreement: number | null;
  /** Total variation between the shares of the classes in this window and in all answers of the teacher. */
  readonly distance: number | null;
  /** The same for the answers of the other teachers to these inputs. */
  readonly othersDistance: number | null;
}

/** A change of a share from one answer on. */
interface DriftChange {
  /** Number of answers before the change, and the time of the first answer after it. */
  readonly answers: number;
  readonly at: string;
  readonly before: number;
  readonly after: number;
}

export interface TeacherDrift {
  readonly name: string;
  readonly windows: readonly DriftWindow[];
  /** Changes of the agreement with the others, and of the share of unreadable answers; null: it may be chance. */
  readonly agreement: DriftChange | null;
  readonly unreadable: DriftChange | null;
  /** The changes in words, and a change of the model's name. */
  readonly doubts: readonly string[];
}

export interface Drift {
  readonly teachers: readonly TeacherDrift[];
  /** For each teacher: places of the inputs that it answered certainly or possibly on the worse side of a change. */
  readonly drifted: readonly ReadonlySet<number>[];
}

/** All answers of one teacher, by input. */
export interface TeacherSaid {
  readonly name: string;
  readonly answers: readonly (readonly ImitationAnswer[])[];
  /** For each input, the class that the teacher named most often; null or undefined: no such class. */
  readonly named: readonly (string | null | undefined)[];
}

/** One answer, with the class that the other teachers name for its input. */
interface Said {
  /** Place of the answer's input. */
  readonly place: number;
  readonly answer: ImitationAnswer;
  /** The class that most of the other teachers name; undefined: no class, or a tie. */
  readonly others: string | undefined;
}

export function driftOf(teachers: readonly TeacherSaid[]): Drift {
  const all = teachers.map((teacher) => {
    const said = inOrder(teacher, teachers);
    const count = Math.min(
      WINDOWS_MAX_COUNT,
      Math.max(1, Math.floor(said.length / WINDOW_ANSWERS)),
    );
    const windows = said.length === 0 ? [] : parts(said, count).map((own) => windowOf(own, said));
    const compared = said.filter(isCompared);
    const agreement = found(said, compared, compared.map(agrees), 'less');
    const unreadable = found(said, said, said.map(isUnread), 'more');
    return {
      drift: {
        name: teacher.name,
        windows,
        agreement: agreement?.change ?? null,
        unreadable: unreadable?.change ?? null,
        doubts: [
          ...modelDoubt(said),
          ...doubt('agreement with the others', agreement?.change),
          ...doubt('the share of answers that cannot be read', unreadable?.change),
        ],
      },
      drifted: new Set([...(agreement?.worse ?? []), ...(unreadable?.worse ?? [])]),
    };
  });
  return {
    teachers: all.map(({ drift }) => drift),
    drifted: all.map(({ drifted }) => drifted),
  };
}

const MODELS_SHOWN = 3;

/** A teacher's answers in order of time. */
function inOrder(own: TeacherSaid, teachers: readonly TeacherSaid[]): Said[] {
  const said = own.answers.flatMap((answers, place): Said[] => {
    if (answers.length === 0) return [];
    const named = teachers.flatMap((other) => (other === own ? [] : (other.named[place] ?? [])));
    const others = mostNamed(named);
    return answers.map((answer) => ({ place, answer, others }));
  });
  return said.sort(({ answer: a }, { answer: b }) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

interface FoundChange {
  readonly change: DriftChange;
  /** Places of the inputs on the worse side. */
  readonly worse: readonly number[];
}

/**
 * @param row - the answers of `said` that the share is of.
 * @param values - for each member of `row`, whether it counts.
 * @param worse - whether a smaller or a greater share is the worse one.
 */
function found(
  said: readonly Said[],
  row: readonly Said[],
  values: readonly boolean[],
  worse: 'less' | 'more',
): FoundChange | undefined {
  const answersPerInput = said.length / new Set(said.map(({ place }) => place)).size;
  const point = changePoint(values, answersPerInput);
  if (point === undefined) return undefined;
  const first = row[point.place] as Said;
  const change = {
    answers: said.indexOf(first),
    at: first.answer.at,
    before: point.before,
    after: point.after,
  };
  return { change, worse: worseSide(said, row, point, worse).map(({ place }) => place) };
}

function worseSide(
  said: readonly Said[],
  row: readonly Said[],
  { earliest, latest, before, after }: ChangePoint,
  worse: 'less' | 'more',
): readonly Said[] {
  const isAfter = worse === 'less' ? after < before : after > before;
  return isAfter
    ? said.slice(said.indexOf(row[earliest] as Said))
    : said.slice(0, said.indexOf(row[latest] as Said));
}

/** A doubt if the server named several models: the model was replaced. */
function modelDoubt(said: readonly Said[]): string[] {
  const models = new Map<string, { count: number; readonly at: string }>();
  for (const { answer } of said) {
    const { model, at } = answer;
    const own = model === undefined ? undefined : (models.get(model) ?? { count: 0, at });
    if (own === undefined) continue;
    own.count += 1;
    models.set(model as string, own);
  }
  if (models.size < 2) return [];
  const named = [...models].map(([model, { count, at }]) => `${model} (${count}, first at ${at})`);
  const more = named.length > MODELS_SHOWN ? `, and ${named.length - MODELS_SHOWN} more` : '';
  return [`answers came from several models: ${named.slice(0, MODELS_SHOWN).join(', ')}${more}`];
}

function doubt(what: string, change: DriftChange | undefined): string[] {
  if (change === undefined) return [];
  const text = (share: number) => `${(100 * share).toFixed(1)} %`;
  const { before, after, answers, at } = change;
  return [`${what} went from ${text(before)} to ${text(after)} after ${answers} answers, at ${at}`];
}

function windowOf(own: readonly Said[], all: readonly Said[]): DriftWindow {
  const abstained = own.filter(({ answer }) => answer.class === null && !answer.problem);
  const compared = own.filter(isCompared);
  return {
    from: own[0]?.answer.at ?? '',
    to: own.at(-1)?.answer.at ?? '',
    answers: own.length,
    unreadable: own.filter(isUnread).length / own.length,
    abstained: abstained.length / own.length,
    agreement: compared.length === 0 ? null : compared.filter(agrees).length / compared.length,
    distance: distance(own, all, ({ answer }) => answer.class ?? undefined),
    othersDistance: distance(own, all, ({ others }) => others),
  };
}

function isUnread({ answer }: Said): boolean {
  return answer.problem !== undefined;
}

function isCompared({ answer, others }: Said): boolean {
  return answer.class !== null && others !== undefined;
}

function agrees({ answer, others }: Said): boolean {
  return answer.class === others;
}

/** Total variation between the shares of classes in a part and in the whole: half the sum of the differences. */
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
  return new Map([...countsOf(names)].map(([name, count]) => [name, count / names.length]));
}

/** Cuts a list into `count` parts of about equal length, in order. */
function parts<T>(items: readonly T[], count: number): T[][] {
  const end = (n: number) => Math.round((n * items.length) / count);
  return Array.from({ length: count }, (_, n) => items.slice(end(n), end(n + 1)));
}
