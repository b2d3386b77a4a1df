/** Where an object is, according to its URL: a file below the datasets root, HTTP, or a bucket. Pure. */
import { LyceumError } from '@lyceum/proto';
import { shownUrl } from '../outside/index.js';

export type ObjectPlace =
  /** Below the datasets root, with `/` between the parts. */
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'http'; readonly url: URL }
  /** The key, with nothing in it escaped. */
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string };

/** AWS's rule for names of buckets. A bucket's name becomes part of a host's name, so other characters are refused. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

const WITH_SCHEME = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is;

/** Whether the URL is a path below the datasets root. */
export function isFileUrl(url: string): boolean {
  return !WITH_SCHEME.test(url);
}

/** @throws {LyceumError} INVALID_ARGUMENT naming the URL and what would be right. */
export function placeOf(url: string): ObjectPlace {
  const [, scheme, rest = ''] = WITH_SCHEME.exec(url) ?? [];
  switch (scheme?.toLowerCase()) {
    case undefined:
      return { kind: 'file', path: filePath(url) };
    case 's3':
      return bucketPlace(url, rest);
    case 'http':
    case 'https':
      return { kind: 'http', url: httpUrl(url) };
    default:
      throw wrong(
        url,
        'is no place that is read; want s3://BUCKET/KEY, https://, or a path below the datasets root',
      );
  }
}

function filePath(url: string): string {
  if (url.startsWith('/')) {
    throw wrong(url, 'begins with /; want a path relative to the datasets root');
  }
  const parts = url.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || url.includes('\0')) {
    throw wrong(url, 'is no path below the datasets root; want one without ..');
  }
  return parts.join('/');
}

function bucketPlace(url: string, rest: string): ObjectPlace {
  const [, bucket = '', key = ''] = /^([^/]*)\/?(.*)$/s.exec(rest) ?? [];
  if (!BUCKET.test(bucket) || bucket.includes('..')) {
    throw wrong(
      url,
      'names no bucket; want s3://BUCKET/KEY, with 3 to 63 small letters, digits, - and .',
    );
  }
  // HTTP would resolve these as path steps, and leave the bucket.
  if (key.split('/').some((part) => part === '.' || part === '..')) {
    throw wrong(url, 'has . or .. between slashes of its key, which cannot be asked for by HTTP');
  }
  return { kind: 's3', bucket, key };
}

function httpUrl(url: string): URL {
  if (!URL.canParse(url)) throw wrong(url, 'is no URL');
  const read = new URL(url);
  if (read.username !== '' || read.password !== '') {
    throw wrong(url, 'has a user or a password; a URL is stored and shown to everybody');
  }
  read.hash = '';
  return read;
}

function wrong(url: string, why: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', `${shownUrl(url)}: ${why}`);
}
