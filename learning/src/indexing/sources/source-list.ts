/**
 * What a user names as a set's sources: URLs, perhaps with braces, perhaps with a split before them. Pure.
 *
 * `train=s3://bucket/pets-{0000..0146}.tar` are 147 sources of the train split.
 */
import { LyceumError } from '@lyceum/proto';
import {
  SHARD_ENDINGS,
  type ShardFileFormat,
  type SplitName,
  shardFormatOf,
  splitNamed,
} from '../../datasets/index.js';

/** More sources are a typing error. */
const MAX_SOURCES = 100_000;

export interface Source {
  readonly url: string;
  /** Undefined: names say the split, or it is drawn. */
  readonly split: SplitName | undefined;
  /** `prefix`: a folder of shards or pictures, which ends with a slash. */
  readonly kind: ShardFileFormat | 'prefix';
}

/** @throws {LyceumError} INVALID_ARGUMENT naming an impossible source. */
export function parseSources(texts: readonly string[]): Source[] {
  const sources: Source[] = [];
  const seen = new Set<string>();
  for (const text of texts) {
    const { split, pattern } = withSplit(text);
    for (const expandedUrl of expanded(pattern)) {
      const url = plainPath(expandedUrl);
      if (seen.has(url)) throw refusal(`${url} is named twice`);
      seen.add(url);
      sources.push({ url, split, kind: kindOf(url) });
      if (sources.length > MAX_SOURCES) throw refusal(`there are more than ${MAX_SOURCES} sources`);
    }
  }
  if (sources.length === 0) throw refusal('want a URL or more');
  return sources;
}

/** The kind of a source, by its ending. @throws {LyceumError} INVALID_ARGUMENT saying what is wanted. */
function kindOf(url: string): Source['kind'] {
  if (url.endsWith('/')) return 'prefix';
  const kind = shardKind(url);
  if (kind !== undefined) return kind;
  if (/\.(tgz|tar\.\w+)$/i.test(pathOf(url))) {
    const message = `${url} is compressed, so no picture in it can be read by itself; unpack it to a .tar, pictures are compressed already`;
    throw refusal(message);
  }
  const files = SHARD_ENDINGS.map((ending) => `a ${ending}`).join(', ');
  throw refusal(`${url}: want ${files}, or a folder or prefix, which ends with a slash`);
}

/** The path as listings write it, without `.`, `..` and empty steps. */
function plainPath(url: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url) || url.startsWith('/')) return url;
  const parts = url.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0) throw refusal(`${url}: want a folder below the datasets root`);
  return `${parts.join('/')}${/(^|\/)\.?$/.test(url) ? '/' : ''}`;
}

/** The format of a shard by its name; undefined: the file is no shard. */
export function shardKind(url: string): ShardFileFormat | undefined {
  return shardFormatOf(pathOf(url));
}

/** The path of a URL: over HTTP without the query. */
function pathOf(url: string): string {
  return /^https?:/i.test(url) ? url.replace(/[?#].*$/s, '') : url;
}

/**
 * The split in a shard's name: its first word; else its only word that is a split, as in `imagenet-train-000000.tar`
 * and `mnist-test.tfrecord-00000-of-00001`; else the nearest folder with a split's name.
 */
export function splitOfName(url: string): SplitName | undefined {
  const [file = '', ...folders] = pathOf(url).split('/').reverse();
  const [first, ...others] = file.split(/[-_.]/).map(splitNamed);
  const found = new Set(others.filter((split) => split !== undefined));
  const named = first ?? (found.size === 1 ? [...found][0] : undefined);
  return named ?? folders.map(splitNamed).find((split) => split !== undefined);
}

function withSplit(text: string): { split: SplitName | undefined; pattern: string } {
  const [, name = '', rest = ''] = /^([a-z]+)=(.*)$/is.exec(text) ?? [];
  const split = splitNamed(name);
  return split === undefined ? { split, pattern: text } : { split, pattern: rest };
}

/** Expands braces as shells do: `{0000..0146}`, `{a,b}`. */
function expanded(pattern: string): string[] {
  const match = /^([^{]*)\{([^{}]*)\}(.*)$/s.exec(pattern);
  if (match === null) {
    if (/[{}]/.test(pattern)) throw refusal(`${pattern}: a brace is open`);
    return [pattern];
  }
  const [, before = '', inside = '', after = ''] = match;
  const rests = expanded(after);
  const parts = partsOf(inside, pattern);
  if (parts.length * rests.length > MAX_SOURCES) {
    throw refusal(`${pattern}: names more than ${MAX_SOURCES} sources`);
  }
  return parts.flatMap((part) => rests.map((rest) => `${before}${part}${rest}`));
}

function partsOf(inside: string, pattern: string): string[] {
  const range = /^(\d{1,12})\.\.(\d{1,12})$/.exec(inside);
  if (range === null) {
    const parts = inside.split(',');
    if (parts.length > 1) return parts;
    throw refusal(`${pattern}: {${inside}} is neither {0000..0146} nor {a,b}`);
  }
  const [, first = '', last = ''] = range;
  const count = Number(last) - Number(first) + 1;
  if (count < 1) throw refusal(`${pattern}: {${inside}} ends before it begins`);
  if (count > MAX_SOURCES) throw refusal(`${pattern}: names more than ${MAX_SOURCES} sources`);
  const isPadded = first.length > 1 && first.startsWith('0');
  const width = isPadded || first.length === last.length ? first.length : 0;
  return Array.from({ length: count }, (_, n) => String(Number(first) + n).padStart(width, '0'));
}

function refusal(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
