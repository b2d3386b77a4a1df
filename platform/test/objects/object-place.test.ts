/** A table of URLs: the place that each names, and those that are refused. */
import { expect, it } from 'vitest';
import { placeOf } from '../../src/objects/object-place.js';
import { shownUrl } from '../../src/outside/index.js';

it.each([
  ['train/000.tar', { kind: 'file', path: 'train/000.tar' }],
  ['./train//000.tar', { kind: 'file', path: 'train/000.tar' }],
  ['', { kind: 'file', path: '' }],
  ['a:b.tar', { kind: 'file', path: 'a:b.tar' }],
  ['s3://pictures/train/000.tar', { kind: 's3', bucket: 'pictures', key: 'train/000.tar' }],
  ['s3://pictures', { kind: 's3', bucket: 'pictures', key: '' }],
  ['S3://a.b-c/ü %2F?#+.jpg', { kind: 's3', bucket: 'a.b-c', key: 'ü %2F?#+.jpg' }],
])('placeOf reads the place of %s', (url, place) => expect(placeOf(url)).toEqual(place));

it('placeOf drops only the fragment of an HTTP URL', () => {
  const place = placeOf('https://example.org/a%20b.tar?x=1#y');
  expect(place.kind === 'http' && place.url.href).toBe('https://example.org/a%20b.tar?x=1');
});

it.each([
  ['/etc/passwd', /begins with \//],
  ['../x.tar', /without \.\./],
  ['a/../../x.tar', /without \.\./],
  ['a\0b', /no path/],
  ['ftp://example.org/x', /want s3:\/\//],
  ['s3://', /names no bucket/],
  ['s3://Pictures/x', /names no bucket/],
  ['s3://ab/x', /names no bucket/],
  ['s3://evil.example.org:80/x', /names no bucket/],
  ['s3://user@pictures/x', /names no bucket/],
  ['s3://pic..tures/x', /names no bucket/],
  ['s3://pictures/a/../../other/x', /has \. or \.\./],
  ['s3://pictures/a/./b', /has \. or \.\./],
  ['https://user@example.org/x', /has a user or a password/],
  ['https://user:secret@example.org/x', /has a user or a password/],
  ['https://', /is no URL/],
])('placeOf refuses %s', (url, why) => {
  expect(() => placeOf(url)).toThrow(why);
  expect(() => placeOf(url)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});

it.each([
  ['https://example.org/x.tar?X-Amz-Signature=abc#d', 'https://example.org/x.tar?…'],
  ['https://user:secret@example.org/x', 'https://…@example.org/x'],
  ['s3://pictures/what?.tar', 's3://pictures/what?.tar'],
  ['a\u001b[31m', 'a\\x1b[31m'],
])('shownUrl shows %s without secrets', (url, shown) => expect(shownUrl(url)).toBe(shown));
