/** Requests to S3 and its answers, from examples in its documentation. */
import { expect, it } from 'vitest';
import { s3Settings, s3Url } from '../../../src/objects/requests/s3-requests.js';
import { element, errorCodeOf, escaped, listPage } from '../../../src/objects/requests/s3-xml.js';

it.each([
  [
    undefined,
    'eu-central-1',
    'pictures',
    'a/b c.tar',
    'https://pictures.s3.eu-central-1.amazonaws.com/a/b%20c.tar',
  ],
  [
    undefined,
    'eu-central-1',
    'my.pictures',
    'a',
    'https://s3.eu-central-1.amazonaws.com/my.pictures/a',
  ],
  [undefined, 'cn-north-1', 'pictures', '', 'https://pictures.s3.cn-north-1.amazonaws.com.cn/'],
  [
    'http://10.0.0.7:9000',
    'us-east-1',
    'pictures',
    "+?#'%2F//x",
    'http://10.0.0.7:9000/pictures/%2B%3F%23%27%252F//x',
  ],
  ['https://example.org/s3/', 'us-east-1', 'pictures', 'a', 'https://example.org/s3/pictures/a'],
])('s3Url for endpoint %s, region %s, bucket %s, key %s', (endpoint, region, bucket, key, url) => {
  expect(s3Url(s3Settings(endpoint, region, {}), bucket, key).href).toBe(url);
});

it('s3Settings takes the region from the flag, or else from the AWS variables', () => {
  const environment = { AWS_REGION: 'a-1', AWS_DEFAULT_REGION: 'b-1' };
  expect(s3Settings(undefined, 'c-1', environment).region).toBe('c-1');
  expect(s3Settings(undefined, undefined, environment).region).toBe('a-1');
  expect(s3Settings(undefined, undefined, { AWS_DEFAULT_REGION: 'b-1' }).region).toBe('b-1');
  expect(s3Settings(undefined, undefined, {}).region).toBe('us-east-1');
});

it.each([
  ['ftp://example.org', 'eu-1', /--s3-endpoint/],
  ['example.org:9000', 'eu-1', /--s3-endpoint/],
  ['https://user:secret@example.org', 'eu-1', /--s3-endpoint \(LYCEUM_S3_ENDPOINT\) is no server/],
  [undefined, 'evil.example.org/', /--s3-region/],
])('s3Settings refuses endpoint %s with region %s', (endpoint, region, message) => {
  expect(() => s3Settings(endpoint, region, {})).toThrow(message);
});

const PAGE = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Name>pictures</Name><Prefix/><NextContinuationToken>1&amp;2</NextContinuationToken>
  <IsTruncated>true</IsTruncated><EncodingType>url</EncodingType>
  <Contents><Key>a+b%2Bc%0A.jpg</Key><ETag>&quot;70ee&quot;</ETag><Size>434234</Size></Contents>
  <Contents><Key>d</Key><Size>0</Size><Owner><ID>1</ID></Owner></Contents>
</ListBucketResult>`;

it('listPage reads keys, sizes, ETags and the continuation token', () => {
  expect(listPage(PAGE, 'x')).toEqual({
    objects: [
      { key: 'a b+c\n.jpg', sizeBytes: 434_234, etag: '"70ee"' },
      { key: 'd', sizeBytes: 0, etag: undefined },
    ],
    next: '1&2',
  });
  const last = PAGE.replace('>true<', '>false<').replace('<EncodingType>url</EncodingType>', '');
  expect(listPage(last, 'x')).toMatchObject({
    next: undefined,
    objects: [{ key: 'a+b%2Bc%0A.jpg' }, {}],
  });
});

it.each(['<html></html>', '', PAGE.replace(/<Next.*Token>/, ''), PAGE.replace('434234', '-1')])(
  'listPage refuses a text that is no list: case %#',
  (text) =>
    expect(() => listPage(text, 's3://pictures/')).toThrow(
      /^s3:\/\/pictures\/: its server answers with what is no list/,
    ),
);

it('element reads XML escapes, and escaped writes them', () => {
  expect(element('<A x="1">&lt;&#38;&#x22;&apos;&nothing;</A>', 'A')).toBe(`<&"'&nothing;`);
  expect(element('<AB>1</AB>', 'A')).toBeUndefined();
  expect(element(`<A>${escaped('a<"&>b')}</A>`, 'A')).toBe('a<"&>b');
});

it('errorCodeOf reads only the code of an error', () => {
  const error = '<Error><Code>NoSuchKey</Code><Message>a secret text</Message></Error>';
  expect(errorCodeOf(error)).toBe('NoSuchKey');
  expect(errorCodeOf('<Error><Code>a secret text</Code></Error>')).toBeUndefined();
  expect(errorCodeOf('')).toBeUndefined();
});

it('an answer that opens an element 60,000 times gives no list, code or element', () => {
  const repeated = (tag: string) => `<ListBucketResult>${tag.repeat(60_000)}`;
  for (const tag of ['<Contents>', '<Contents><Key ', '<Error>', '<IsTruncated ']) {
    if (tag.startsWith('<Contents>')) {
      expect(() => listPage(repeated(tag), 's3://pictures/')).toThrow('no list of objects');
    }
    expect(errorCodeOf(repeated(tag))).toBeUndefined();
    expect(element(repeated(tag), 'IsTruncated')).toBeUndefined();
  }
});
