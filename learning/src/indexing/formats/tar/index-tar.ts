/**
 * Indexes a tar in WebDataset's layout: neighbouring files whose names are equal up to the first dot are one sample,
 * `000017.jpg` and `000017.cls`. https://github.com/webdataset/webdataset
 */
import { isUtf8 } from 'node:buffer';
import { printable } from '@lyceum/proto';
import { SampleRefusedError } from '../../../datasets/encoding/index.js';
import { isObject } from '../../../files/index.js';
import { IMAGE_FILE_MAX_BYTES } from '../../../pictures/index.js';
import {
  type IndexOptions,
  isPictureEnding,
  type LabelPlace,
  RowsBuilder,
  type ShardRows,
  tooLarge,
} from '../rows/index.js';
import { type TarMember, tarMembers } from './tar-members.js';

/** Greatest size of a label: a class's name or number, or a JSON of annotations. */
const LABEL_MAX_BYTES = 8 * 1024 * 1024;

/** More files of one name are different samples: `frame.0001.jpg`, `frame.0002.jpg`. */
const MAX_PARTS = 64;

const DEFAULT_LABEL: LabelPlace = { by: 'ending', ending: 'cls' };

/** One file of a sample. */
interface Part {
  readonly ending: string;
  readonly member: TarMember;
}

interface Sample {
  readonly key: string;
  /** The first {@link MAX_PARTS} files. */
  readonly parts: Part[];
  partCount: number;
}

/**
 * @param url - for messages.
 * @throws {SampleRefusedError} if the whole tar cannot be taken.
 */
export async function indexTar(
  url: string,
  chunks: AsyncIterable<Buffer>,
  { label = DEFAULT_LABEL, image, decode }: IndexOptions,
): Promise<ShardRows> {
  const rows = new RowsBuilder(decode);
  const isPicture = image === undefined ? isPictureEnding : (ending: string) => ending === image;
  const isWanted = (name: string, sizeBytes: number) => {
    const ending = sampleName(name)?.ending;
    if (ending === undefined) return false;
    if (isPicture(ending)) return sizeBytes <= IMAGE_FILE_MAX_BYTES;
    return ending === endingOf(label) && sizeBytes <= LABEL_MAX_BYTES;
  };
  const take = async ({ key, parts, partCount }: Sample) => {
    const where = `${url}: ${printable(key)}`;
    try {
      if (partCount > MAX_PARTS) throw tooManyParts(parts, partCount);
      refuseLinks(parts, (ending) => isPicture(ending) || ending === endingOf(label));
      const { member } = onlyPicture(parts, isPicture);
      const { offset, bytes, sizeBytes } = member;
      if (bytes === undefined) throw tooLarge(sizeBytes);
      const text = labelOf(parts, label);
      const others = parts.filter(({ ending }) => !isPicture(ending));
      if (text === undefined) for (const { ending } of others) rows.unread.add(ending);
      await rows.add({ where, offset, bytes, label: text, group: offset });
    } catch (err) {
      if (!(err instanceof SampleRefusedError) || err.reason === 'too many classes') throw err;
      rows.refusals.add({ where, refusal: err });
    }
  };
  let sample: Sample | undefined;
  for await (const member of tarMembers(chunks, isWanted)) {
    const named = sampleName(member.name);
    if (named === undefined) {
      rows.ignored.add(printable(member.name));
      continue;
    }
    const { key, ending } = named;
    if (sample !== undefined && sample.key !== key) await take(sample);
    if (sample === undefined || sample.key !== key) sample = { key, parts: [], partCount: 0 };
    sample.partCount += 1;
    if (sample.partCount > MAX_PARTS) continue;
    // A sample with two such files is refused, so the second one's bytes are not needed.
    const isSecond = sample.parts.some(
      (part) => part.ending === ending || (isPicture(part.ending) && isPicture(ending)),
    );
    const kept = isSecond ? { ...member, bytes: undefined } : member;
    sample.parts.push({ ending, member: kept });
  }
  if (sample !== undefined) await take(sample);
  return rows.finish(true);
}

/** @returns undefined if the file is no part of a sample. */
function sampleName(name: string): { key: string; ending: string } | undefined {
  const match = /^((?:.*\/)?([^./][^./]*))\.([^/]+)$/s.exec(name);
  if (match === null) return undefined;
  const [, key = '', base = '', ending = ''] = match;
  return /^__.*__$/s.test(base) ? undefined : { key, ending: ending.toLowerCase() };
}

function tooManyParts([first, second]: readonly Part[], count: number): SampleRefusedError {
  const named = printable([first?.ending, second?.ending].join(', '));
  const message = `has ${count} files, ${named} and others; those that are called alike up to the first dot are one sample, so have no dot in numbers`;
  return new SampleRefusedError('too many files', message);
}

/**
 * Refuses links: without its label's bytes a picture would be unlabelled, without its own bytes it would be left out.
 */
function refuseLinks(parts: readonly Part[], isRead: (ending: string) => boolean): void {
  const link = parts.find(({ ending, member }) => member.isLink && isRead(ending));
  if (link === undefined) return;
  const message = `its ${printable(link.ending)} is a link, which has no bytes; write the tar with copies (tar --dereference --hard-dereference)`;
  throw new SampleRefusedError('link', message);
}

function onlyPicture(parts: readonly Part[], isPicture: (ending: string) => boolean): Part {
  const endings = parts.map(({ ending }) => ending);
  const twice = endings.find((ending, index) => endings.indexOf(ending) !== index);
  if (twice !== undefined) {
    throw new SampleRefusedError(
      'two of a name',
      `has two files of the ending ${printable(twice)}`,
    );
  }
  const [picture, other] = parts.filter(({ ending }) => isPicture(ending));
  if (picture === undefined) {
    const isCut = endings.find((ending) => isPicture(ending.replace(/^.*\./s, '')));
    const help =
      isCut === undefined
        ? 'the files of a sample follow each other in a tar (tar --sort=name), and --image names another ending'
        : `files that are called alike up to the first dot are one sample, so rename those with more dots, or --image ${printable(isCut)} names the picture of each`;
    const message = `has no picture, but ${printable(endings.join(', '))}; ${help}`;
    throw new SampleRefusedError('no picture', message);
  }
  if (other === undefined) return picture;
  const message = `has two pictures, ${picture.ending} and ${other.ending}; --image ${picture.ending} takes the one`;
  throw new SampleRefusedError('two pictures', message);
}

function endingOf(label: LabelPlace): string {
  return label.by === 'ending' ? label.ending : 'json';
}

/** @returns undefined for an unlabelled sample. */
function labelOf(parts: readonly Part[], label: LabelPlace): string | undefined {
  const found = parts.find(({ ending }) => ending === endingOf(label));
  if (found === undefined) return undefined;
  const { bytes, sizeBytes } = found.member;
  const wrong = (message: string) =>
    new SampleRefusedError('no label', `its ${found.ending} ${message}`);
  if (bytes === undefined) throw wrong(`has ${sizeBytes} bytes, too many for a label`);
  if (!isUtf8(bytes)) throw wrong('is not UTF-8');
  const text = bytes.toString('utf8').trim();
  if (label.by === 'ending') {
    if (text === '') throw wrong('is empty; an unlabelled picture has none');
    return text === '-1' ? undefined : text;
  }
  return jsonLabel(text, label.field, wrong);
}

function jsonLabel(
  text: string,
  field: string,
  wrong: (message: string) => SampleRefusedError,
): string | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw wrong('is not JSON');
  }
  const value = isObject(document) ? document[field] : undefined;
  if (value === undefined) throw wrong(`has no field ${printable(field)}`);
  if (value === null || value === '' || value === -1) return undefined;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw wrong(`has in ${printable(field)} neither a text nor a number`);
}
