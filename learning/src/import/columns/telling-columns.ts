/**
 * Columns whose names say that they are no features: splits, classes, ids. A model that saw one would learn nothing
 * else, or would learn from a value that later samples lack. The user is asked about each until its kind is given.
 */
import { InvalidDocumentError } from '@lyceum/proto';
import { shownName } from '../../files/index.js';

/** The role that a column's name suggests. */
export type Telling = 'split' | 'class' | 'id';

/** For names in small letters, without anything but letters and digits. */
const WORDS: Readonly<Record<Telling, RegExp>> = {
  split: /^(data)?(splits?|subset|partition|fold|usage)$|^(is)?(train|test|val|valid|validation)$/,
  class:
    /^(true|gold|class|actual)?(labels?|targets?)$|^class(es)?$|^(label|target|class|category)(id|idx|index|name|no|num|number|code)$|^y(true)?$|^(ground)?truth$/,
  // pandas gives its column of row numbers no name, or "Unnamed: 0".
  id: /^(unnamed\d+|ids?|idx|index|uuid|guid|key|(row|sample|record|image)(id|idx|index|no|num|number)|filename|filepath)?$/,
};
/** `passenger_id`, `customer-ID`. */
const SEPARATE_ID = /[_\s.-](id|uuid|guid)$/i;
/** `userId`. */
const CAPITAL_ID = /[a-z](Id|ID|Uuid|UUID)$/;

const SHELL_WORD = /^[\w.:@%+/-]+$/;

/**
 * @param columns - all columns of the table: `y` beside `x` is a coordinate, not the class.
 * @returns undefined if the name suggests none of these roles.
 */
export function tellingName(name: string, columns: readonly string[]): Telling | undefined {
  const word = name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
  if (word === 'y' && columns.some((other) => other.toLowerCase() === 'x')) return undefined;
  const kind = (Object.keys(WORDS) as Telling[]).find((own) => WORDS[own].test(word));
  return kind ?? (SEPARATE_ID.test(name) || CAPITAL_ID.test(name) ? 'id' : undefined);
}

export interface Unclaimed {
  readonly column: string;
  readonly telling: Telling;
  /** Whether models would see it. */
  readonly isFeature: boolean;
}

/** @throws {InvalidDocumentError} naming each column and what the user may say of it, if there are any. */
export function askAbout(unclaimed: readonly Unclaimed[]): void {
  if (unclaimed.length === 0) return;
  const problems = unclaimed.map(({ column, telling, isFeature }) => {
    if (column === '') {
      const message = `is an id, as pandas writes it, and no option says so. Want --id '' if it names the sample; --columns =ignore to leave it out; or a name for it in the first line`;
      return { path: 'the column without a name', message };
    }
    const word = SHELL_WORD.test(column) ? column : `'${column.replaceAll("'", "'\\''")}'`;
    const answers = [
      ANSWERS[telling](word),
      ...(isFeature ? [`--columns ${word}=number or =category if models shall see it`] : []),
      `--columns ${word}=ignore to leave it out`,
    ];
    const is = `is called like ${telling === 'id' ? 'an' : 'a'} ${telling}, and no option says what it is`;
    return { path: `column ${shownName(column)}`, message: `${is}. Want ${answers.join('; ')}` };
  });
  throw new InvalidDocumentError('the table', problems);
}

const ANSWERS: Readonly<Record<Telling, (word: string) => string>> = {
  split: (word) => `--split column:${word} if it says the split`,
  class: (word) => `--label ${word} if it is the class`,
  id: (word) => `--id ${word} if it names the sample`,
};
