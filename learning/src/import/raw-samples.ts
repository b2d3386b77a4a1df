/** Raw samples as an encoding takes them: texts, one a line; or rows, of JSON lines or CSV. Read as a stream. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { LyceumError } from '@lyceum/proto';
import type { Encoding } from '../datasets/encoding/index.js';
import { linesOf } from '../files/index.js';
import { objectOf, tableFileAt } from './tables/index.js';

export interface RawSample {
  /** For messages. */
  readonly where: string;
  /** A text, or an object with a value for each column. */
  readonly raw: unknown;
}

/** Of one line: a text of the greatest length that a set takes, and more than half a million numbers. */
const LINE_MAX_BYTES = 8 * 1024 * 1024;

/**
 * @param source - a file, a table if it is named so, else JSON lines; or a stream of bytes.
 * @throws {LyceumError} NOT_FOUND if there is no such file, INVALID_ARGUMENT naming a line that cannot be read.
 */
export async function* rawSamples(
  encoding: Encoding,
  source: string | AsyncIterable<Buffer>,
): AsyncGenerator<RawSample, void, undefined> {
  const name = typeof source === 'string' ? source : 'standard input';
  if (typeof source === 'string' && !(await stat(source).catch(() => undefined))?.isFile()) {
    throw new LyceumError('NOT_FOUND', `${source}: no such file`);
  }
  const file = typeof source === 'string' ? tableFileAt(source) : undefined;
  // JSON lines are read below, from a stream too.
  if (encoding.kind === 'table' && file !== undefined && file.kind !== 'json-lines') {
    const table = await file.open(name);
    for await (const { where, values } of table.rows(table.columns)) {
      yield { where: `${name}, ${where}`, raw: values };
    }
    return;
  }
  const bytes = typeof source === 'string' ? createReadStream(source) : source;
  let line = 0;
  for await (const text of linesOf(name, LINE_MAX_BYTES, bytes)) {
    line += 1;
    const where = `${name}, line ${line}`;
    if (encoding.kind === 'text') yield { where, raw: text };
    else if (text.trim() !== '') yield { where, raw: objectOf(text, where) };
  }
}
