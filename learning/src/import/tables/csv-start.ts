/**
 * How a CSV file separates its columns, told from its first line: by the separator that the file's ending stands for,
 * else by the most frequent of the other usual ones. A line `sep=;` before it, which Excel writes and reads, decides.
 */

export interface CsvStart {
  readonly delimiter: string;
  /** The separator in words, for messages. */
  readonly separatorName: string;
  /** Whether a space follows each separator; it does not belong to the value then. */
  readonly isSpaced: boolean;
  /** How many lines stand before the names of columns. */
  readonly skippedLines: number;
  /** The file from the names of columns on. */
  readonly bytes: AsyncIterable<Buffer>;
}

const SEPARATORS: Readonly<Record<string, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'bars',
};

/** Greatest size of the first lines. Names of a million columns fit. */
const START_MAX_BYTES = 8 * 1024 * 1024;

const SEP_LINE = /^\ufeff?"?sep=([,;|\t])"?[ \t]*(?:\r\n|\n|\r)/i;

/** @param file - its ending stands for a separator; also for messages. */
export async function csvStart(
  chunks: AsyncGenerator<Buffer, void, undefined>,
  file: string,
): Promise<CsvStart> {
  const usual = /\.tsv(\.gz)?$/i.test(file) ? '\t' : ',';
  let start: Buffer = Buffer.alloc(0);
  let isEnd = false;
  // Two lines are needed, since the first one may be the `sep=` line.
  while (!isEnd && lineCount(start) < 2 && start.length < START_MAX_BYTES) {
    const next = await chunks.next();
    isEnd = next.done === true;
    if (next.done !== true) start = Buffer.concat([start, next.value]);
  }
  const text = start.toString();
  const said = SEP_LINE.exec(text);
  const rest = text.slice(said?.[0].length ?? 0).replace(/^[\r\n\ufeff]+/, '');
  const header = rest.split(/[\r\n]/, 1)[0] as string;
  const unquoted = header.replaceAll(/"[^"]*"/g, '""');
  const delimiter = said?.[1] ?? found(unquoted, usual);
  const [, ...others] = unquoted.split(delimiter);
  const restBytes = start.subarray(Buffer.byteLength(said?.[0] ?? ''));
  return {
    delimiter,
    separatorName: SEPARATORS[delimiter] as string,
    isSpaced: delimiter !== '\t' && others.length > 0 && others.every((name) => /^ /.test(name)),
    skippedLines: said === null ? 0 : 1,
    bytes: (async function* () {
      yield restBytes;
      if (!isEnd) yield* chunks;
    })(),
  };
}

function found(header: string, usual: string): string {
  const countOf = (sign: string) => header.split(sign).length - 1;
  if (countOf(usual) > 0) return usual;
  const [best = usual] = Object.keys(SEPARATORS).sort((a, b) => countOf(b) - countOf(a));
  return countOf(best) > 0 ? best : usual;
}

function lineCount(bytes: Buffer): number {
  return bytes.toString('latin1').split(/[\r\n]+/).length - 1;
}
