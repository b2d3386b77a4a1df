/**
 * Reads the few elements that are needed of S3's XML answers: flat ones, in the shapes of its documentation. Takes
 * time in proportion to the answer's length, whatever it contains. Pure.
 */
import { LyceumError } from '@lyceum/proto';

export interface S3Page {
  readonly objects: readonly {
    readonly key: string;
    readonly sizeBytes: number;
    readonly etag: string | undefined;
  }[];
  /** Token of the next page; undefined: it is the last. */
  readonly next: string | undefined;
}

/**
 * Reads an answer to ListObjectsV2 with `encoding-type=url`. @throws {LyceumError} UNAVAILABLE if it is something
 * else.
 */
export function listPage(xml: string, shown: string): S3Page {
  const wrong = (): LyceumError =>
    new LyceumError('UNAVAILABLE', `${shown}: its server answers with what is no list of objects`);
  if (!/<ListBucketResult[\s>]/.test(xml)) throw wrong();
  const isEncoded = element(xml, 'EncodingType') === 'url';
  const [, ...entries] = xml.split('<Contents>');
  const objects = entries.map((text) => {
    const [entry = '', rest] = text.split('</Contents>', 2);
    if (rest === undefined) throw wrong();
    const [key, size] = [element(entry, 'Key'), element(entry, 'Size')];
    if (key === undefined || size === undefined || !/^\d+$/.test(size)) throw wrong();
    return {
      key: isEncoded ? decoded(key) : key,
      sizeBytes: Number(size),
      etag: element(entry, 'ETag'),
    };
  });
  // An element of the whole list: entries have none of this name.
  const isCut = element(xml, 'IsTruncated') === 'true';
  const next = isCut ? element(xml, 'NextContinuationToken') : undefined;
  if (isCut && next === undefined) throw wrong();
  return { objects, next };
}

/** S3's error code, such as `NoSuchKey`; undefined: the text has none. */
export function errorCodeOf(xml: string): string | undefined {
  const start = xml.indexOf('<Error>');
  return start < 0 ? undefined : /<Code>([A-Za-z]{1,64})<\/Code>/.exec(xml.slice(start))?.[1];
}

/** The text of the first such element; undefined: there is none. */
export function element(xml: string, name: string): string | undefined {
  const [, text] = new RegExp(`<${name}(?:\\s[^<>]*)?>([^<]*)</${name}>`).exec(xml) ?? [];
  return text === undefined ? undefined : unescaped(text);
}

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function unescaped(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi,
    (all, decimal, hex, name) => {
      if (name !== undefined) return ENTITIES[name] ?? all;
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : all;
    },
  );
}

/** Some servers write a space as a plus. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
