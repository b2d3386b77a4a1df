/**
 * A JSON file: a list of objects, as pandas writes with `orient="records"`; or an object with one such list in it,
 * `{"version": 1, "data": […]}`; or JSON lines under another name. It is read as a whole.
 */
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import { isObject, utf8Bytes, utf8Text } from '../../files/index.js';
import { columnsOf, jsonOf, openJsonLinesTable, plainObject } from './json-lines-table.js';
import type { Table, TableRow } from './table.js';
import { tableBytes } from './table-bytes.js';

/**
 * A parsed file takes up to thirty times its size, if it has empty objects. JSON lines are read as a stream instead.
 */
const FILE_MAX_BYTES = 64 * 1024 * 1024;

const WANTED = 'a list of objects, or an object a line (.jsonl)';
const WANT = `want ${WANTED}`;

/** @throws {LyceumError} INVALID_ARGUMENT naming what is wrong with the file. */
export async function openJsonTable(file: string): Promise<Table> {
  const text = await wholeText(file);
  if (text === undefined || isLines(text)) return openJsonLinesTable(file);
  if (text.trim() === '') throw refusal(`${file}: is empty; ${WANT}`);
  const list = listIn(jsonOf(text, file), file);
  const rows = async function* (): AsyncGenerator<TableRow, void, undefined> {
    for (const [index, item] of list.entries()) {
      const where = `entry ${index + 1}`;
      if (!isObject(item)) throw refusal(`${file}, ${where}: is no JSON object; ${WANT}`);
      yield { where, values: plainObject(item) };
    }
  };
  const columns = await columnsOf(rows(), file, WANTED);
  return { columns, rows, folder: dirname(await realpath(file)) };
}

/** @returns undefined for a file that is too long, which may still be readable as lines. */
async function wholeText(file: string): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let count = 0;
  let isList: boolean | undefined;
  for await (const chunk of utf8Bytes(tableBytes(file), file)) {
    chunks.push(chunk);
    count += chunk.length;
    isList ??= /^\ufeff?\s*\[/.test(chunk.toString());
    if (count <= FILE_MAX_BYTES) continue;
    if (!isList) return undefined;
    throw refusal(`${file}: has more than ${FILE_MAX_BYTES} bytes; want an object a line (.jsonl)`);
  }
  return utf8Text(Buffer.concat(chunks), file);
}

/** Whether the first line is an object of its own, with others after it. */
function isLines(text: string): boolean {
  const [first = '', second] = text.trimStart().split(/\r?\n\s*/, 2);
  if (second === undefined || second === '' || !first.startsWith('{')) return false;
  try {
    JSON.parse(first);
    return true;
  } catch {
    // The line may hold NaN, so JSON.parse cannot decide.
    return /\}\s*$/.test(first) && second.startsWith('{');
  }
}

function listIn(value: unknown, file: string): unknown[] {
  if (Array.isArray(value)) return value;
  if (isObject(value)) {
    const lists = Object.entries(value).filter(
      (entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && entry[1].every(isObject),
    );
    const [only, ...others] = lists.filter(([, list]) => list.length > 0);
    if (only !== undefined && others.length === 0) return only[1];
    const names = Object.keys(value).slice(0, 10).join(', ') || 'none';
    const which = only === undefined ? 'no list of objects' : 'several lists of objects';
    throw refusal(`${file}: is an object with ${which}; its keys are: ${names}. ${capital(WANT)}`);
  }
  throw refusal(`${file}: is no list; ${WANT}`);
}

function capital(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}`;
}

function refusal(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
