/** Decodes compressed answers: servers and proxies also send them to callers that did not ask. RFC 9110, §8.4.1. */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';

const CODINGS = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
  deflate: promisify(inflate),
} as const;

const inflateBare = promisify(inflateRaw);

/** A zlib stream begins with its method, 8; many servers send bare DEFLATE data in its place. RFC 1950, §2.2. */
const isZlib = (body: Buffer): boolean => ((body[0] ?? 0) & 0x0f) === 8;

/**
 * @param coding - the value of `Content-Encoding`; undefined: there is none.
 * @param maxBytes - of the decoded text. Decoding stops there.
 * @returns the text, or why it cannot be read.
 */
export async function decoded(
  body: Buffer,
  coding: string | undefined,
  maxBytes: number,
): Promise<Buffer | { readonly problem: string; readonly isTooLong: boolean }> {
  const name = (coding ?? '').trim().toLowerCase();
  if (name === '' || name === 'identity' || body.length === 0) return body;
  if (!Object.hasOwn(CODINGS, name)) {
    const known = Object.keys(CODINGS).join(', ');
    const problem = `the answer is compressed by another method than ${known}`;
    return { problem, isTooLong: false };
  }
  const own = name === 'deflate' && !isZlib(body) ? inflateBare : CODINGS[name as keyof typeof CODINGS]; // biome-ignore format: one line
  try {
    return await own(body, { maxOutputLength: maxBytes });
  } catch (err) {
    const isTooLong = err instanceof RangeError;
    const problem = isTooLong
      ? `the answer is longer than the ${maxBytes} bytes that are read`
      : `the answer is no ${name}, ${body.length} bytes, though its server says so`;
    return { problem, isTooLong };
  }
}
