import { expect, test } from 'vitest';
import { parseSources, shardKind, splitOfName } from '../../src/indexing/sources/source-list.js';

const urls = (...texts: string[]) => parseSources(texts).map(({ url }) => url);

test('parseSources expands braces as padded number ranges or as lists', () => {
  expect(urls('a-{0008..0011}.tar')).toEqual(['08', '09', '10', '11'].map((n) => `a-00${n}.tar`));
  expect(urls('a-{8..11}.tar')).toEqual(['8', '9', '10', '11'].map((n) => `a-${n}.tar`));
  expect(urls('{x,y}/{0..1}.tar')).toEqual(['x/0.tar', 'x/1.tar', 'y/0.tar', 'y/1.tar']);
  expect(urls('train-{000000..000146}.tar')).toHaveLength(147);
});

test('parseSources reads a split before the URL, and accepts an equals sign within the URL', () => {
  expect(parseSources(['val=s3://b/k.tar', 'https://h/x.parquet?key=1', 'b=c/'])).toEqual([
    { url: 's3://b/k.tar', split: 'validation', kind: 'tar' },
    { url: 'https://h/x.parquet?key=1', split: undefined, kind: 'parquet' },
    { url: 'b=c/', split: undefined, kind: 'prefix' },
  ]);
});

test.each([
  ['a.tar.gz', /a.tar.gz is compressed.*unpack it/],
  ['a.tgz', /compressed/],
  [
    'pets',
    /pets: want a .tar, a .parquet, a .tfrecord, or a folder or prefix, which ends with a slash/,
  ],
  ['a-{3..1}.tar', /ends before it begins/],
  ['a-{0..9999999}.tar', /names more than 100000 sources/],
  ['{0..999}/{0..999}.tar', /names more than 100000 sources/],
  ['a-{1.tar', /a brace is open/],
  ['a-{x}.tar', /neither \{0000..0146\} nor \{a,b\}/],
])('parseSources refuses %s', (text, message) => {
  expect(() => parseSources([text])).toThrowError(message);
});

test('parseSources normalises folder paths, and leaves S3 URLs as they are', () => {
  expect(urls('./pets//cats/', 'a/./b.tar', 's3://b//k.tar')).toEqual([
    'pets/cats/',
    'a/b.tar',
    's3://b//k.tar',
  ]);
  expect(() => parseSources(['./'])).toThrowError('want a folder below the datasets root');
});

test('parseSources refuses a source that is named twice', () => {
  expect(() => parseSources(['a-{0..3}.tar', 'a-2.tar'])).toThrowError('a-2.tar is named twice');
});

test('splitOfName takes the split from the file name, then from the nearest folder', () => {
  expect(splitOfName('s3://b/data/train-00000-of-00002.parquet')).toBe('train');
  expect(splitOfName('s3://b/val/000.tar')).toBe('validation');
  expect(splitOfName('s3://b/train/test.0.tar')).toBe('test');
  expect(splitOfName('s3://b/000.tar')).toBeUndefined();
  expect(splitOfName('mnist/3.0.1/mnist-test.tfrecord-00000-of-00001')).toBe('test');
  expect(splitOfName('s3://b/imagenet-train-000000.tar')).toBe('train');
  expect(splitOfName('s3://b/imagenet_val_000000.tar')).toBe('validation');
  expect(splitOfName('s3://b/val/birds-train-test-0.tar')).toBe('validation');
});

test.each([
  ['a/b.TAR', 'tar'],
  ['b.tfrecord', 'tfrecord'],
  ['b.tfrecords', 'tfrecord'],
  ['mnist-test.tfrecord-00000-of-00010', 'tfrecord'],
  ['s3://b/train-00000-of-01024', 'tfrecord'],
  ['train-00000-of-00002.parquet', 'parquet'],
  ['train-00000-of-00002.arrow', undefined],
  ['mnist-test.array_record-00000-of-00010', undefined],
])('shardKind takes %s for %s', (url, format) => {
  expect(shardKind(url)).toBe(format);
});
