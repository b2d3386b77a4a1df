/** Objects in buckets of S3 and of compatible servers. */
import { createHash } from 'node:crypto';
import { LyceumError } from '@lyceum/proto';
import { shownUrl } from '../outside/index.js';
import { retrying } from '../pacing/index.js';
import { factsIn } from './http-objects.js';
import type { ListedObject, ObjectFacts, ObjectRange } from './objects.js';
import {
  element,
  errorCodeOf,
  escaped,
  type HttpResponse,
  listPage,
  refusalError,
  type S3Page,
  type S3Request,
  type S3Requests,
} from './requests/index.js';
import { GREATEST_DELAY_MS, resumedRead } from './resumed-read.js';

/** Enough for a page of 1,000 keys of 1,024 bytes, each byte escaped. */
const PAGE_MAX_BYTES = 8 * 1024 * 1024;

/** S3 wants at least 5 MiB, and at most 10,000 parts: so objects of up to 156 GiB. */
const PART_BYTES = 16 * 1024 * 1024;

export interface S3Place {
  readonly bucket: string;
  readonly key: string;
}

export class S3Objects {
  readonly #requests: S3Requests;
  readonly #attempts: number;

  /** @param attempts - greatest number of tries of a request. */
  constructor(requests: S3Requests, attempts: number) {
    this.#requests = requests;
    this.#attempts = attempts;
  }

  facts(place: S3Place, signal?: AbortSignal): Promise<ObjectFacts> {
    const shown = shownOf(place);
    return this.#retrying(signal, async () => {
      const response = await this.#requests.send({ method: 'HEAD', ...place, shown, signal });
      response.leave();
      return factsIn(response, shown);
    });
  }

  stream(place: S3Place, range: Partial<ObjectRange>, signal?: AbortSignal): AsyncIterable<Buffer> {
    const shown = shownOf(place);
    return resumedRead({
      shown,
      range,
      get: (headers) => this.#requests.send({ method: 'GET', ...place, headers, shown, signal }),
      attempts: this.#attempts,
      signal,
    });
  }

  /**
   * Keys that begin with `prefix`. Keys that end with a slash are folders that some programs make, and are left out.
   */
  async *list({ bucket, key: prefix }: S3Place, signal?: AbortSignal): AsyncIterable<ListedObject> {
    let token: string | undefined;
    do {
      const page: S3Page = await this.#page(bucket, prefix, token, signal);
      for (const { key, ...facts } of page.objects) {
        if (!key.endsWith('/')) yield { url: `s3://${bucket}/${key}`, ...facts };
      }
      token = page.next;
    } while (token !== undefined);
  }

  #page(
    bucket: string,
    prefix: string,
    token: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<S3Page> {
    const shown = shownOf({ bucket, key: prefix });
    const query = {
      'encoding-type': 'url',
      'list-type': '2',
      prefix,
      ...(token !== undefined && { 'continuation-token': token }),
    };
    const request: S3Request = { method: 'GET', bucket, key: '', query, shown, signal };
    return this.#retrying(signal, async () => {
      const response = await this.#requests.send(request);
      return listPage(await textOf(response, shown), shown);
    });
  }

  async write(
    place: S3Place,
    chunks: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<ObjectFacts> {
    let upload: MultipartUpload | undefined;
    try {
      for await (const { bytes, isLast } of parts(chunks)) {
        if (upload === undefined && isLast) {
          await this.#put(place, bytes, signal);
          break;
        }
        upload ??= await this.#begin(place, signal);
        await this.#putPart(upload, bytes, signal);
      }
      if (upload !== undefined) await this.#complete(upload, signal);
    } catch (err) {
      if (upload !== undefined) await this.#abort(upload);
      throw err;
    }
    return this.facts(place, signal);
  }

  async #put(place: S3Place, body: Buffer, signal: AbortSignal | undefined): Promise<void> {
    const shown = shownOf(place);
    await this.#retrying(signal, async () => {
      const response = await this.#requests.send({ method: 'PUT', ...place, body, shown, signal });
      response.leave();
    });
  }

  async #begin(place: S3Place, signal: AbortSignal | undefined): Promise<MultipartUpload> {
    const shown = shownOf(place);
    const query = { uploads: '' };
    return await this.#retrying(signal, async () => {
      const response = await this.#requests.send({
        method: 'POST',
        ...place,
        query,
        shown,
        signal,
      });
      const uploadId = element(await textOf(response, shown), 'UploadId');
      if (uploadId === undefined) {
        throw new LyceumError('UNAVAILABLE', `${shown}: its server names no upload`);
      }
      return { place, shown, uploadId, etags: [] };
    });
  }

  async #putPart(
    { place, shown, uploadId, etags }: MultipartUpload,
    body: Buffer,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const query = { partNumber: String(etags.length + 1), uploadId };
    const etag = await this.#retrying(signal, async () => {
      const request = { ...place, query, body, shown, signal };
      const response = await this.#requests.send({ method: 'PUT', ...request });
      response.leave();
      return response.header('etag');
    });
    if (etag === undefined) {
      throw new LyceumError('INVALID_ARGUMENT', `${shown}: its server gives parts no ETag`);
    }
    etags.push(etag);
  }

  async #complete(
    { place, shown, uploadId, etags }: MultipartUpload,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const listed = etags.map(
      (etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`,
    );
    const body = Buffer.from(
      `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${listed.join('')}</CompleteMultipartUpload>`,
    );
    const request = { ...place, query: { uploadId }, body, shown, signal };
    let tries = 0;
    try {
      await this.#retrying(signal, async () => {
        tries += 1;
        const response = await this.#requests.send({ method: 'POST', ...request });
        // S3 may answer 200 before the upload is complete, since that may take long. A failure is then told in the body.
        const code = errorCodeOf(await textOf(response, shown));
        if (code !== undefined) throw refusalError({ shown, status: 500, code });
      });
    } catch (err) {
      // If only the answer of an earlier try was lost, the object is there, and its upload no more.
      const mayBeDone = tries > 1 && err instanceof LyceumError && err.code === 'NOT_FOUND';
      if (!mayBeDone || !(await this.#isJoined(place, etags, signal))) throw err;
    }
  }

  /** Whether the object is the one that an upload of these parts makes. */
  async #isJoined(
    place: S3Place,
    etags: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    try {
      const { etag } = await this.facts(place, signal);
      return etag === joinedEtag(etags);
    } catch {
      return false;
    }
  }

  /** Removes the parts, which would otherwise cost money, unseen. */
  async #abort({ place, shown, uploadId }: MultipartUpload): Promise<void> {
    try {
      const request = { ...place, query: { uploadId }, shown };
      (await this.#requests.send({ method: 'DELETE', ...request })).leave();
    } catch {
      // The error that led to the abort is thrown instead.
    }
  }

  #retrying<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
    return retrying(attempt, {
      tries: this.#attempts,
      greatestDelayMs: GREATEST_DELAY_MS,
      random: Math.random,
      ...(signal !== undefined && { signal }),
    });
  }
}

interface MultipartUpload {
  readonly place: S3Place;
  readonly shown: string;
  readonly uploadId: string;
  /** ETags of the parts that have been uploaded. */
  readonly etags: string[];
}

/** The ETag of an object of such parts, in S3 and most servers: the MD5 of the parts' MD5s, and their count. */
function joinedEtag(etags: readonly string[]): string {
  const md5s = etags.map((etag) => Buffer.from(etag.replaceAll('"', ''), 'hex'));
  const md5 = createHash('md5').update(Buffer.concat(md5s)).digest('hex');
  return `"${md5}-${etags.length}"`;
}

function shownOf({ bucket, key }: S3Place): string {
  return shownUrl(`s3://${bucket}/${key}`);
}

async function textOf(response: HttpResponse, shown: string): Promise<string> {
  const text: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > PAGE_MAX_BYTES) {
      throw new LyceumError('RESOURCE_EXHAUSTED', `${shown}: its server's answer is too long`);
    }
    text.push(chunk);
  }
  return Buffer.concat(text).toString('utf8');
}

/** The bytes in pieces of one size; the last may be shorter. No bytes give one empty piece. */
async function* parts(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly bytes: Buffer; readonly isLast: boolean }> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes <= PART_BYTES) continue;
    const all = Buffer.concat(held);
    let at = 0;
    for (; all.length - at > PART_BYTES; at += PART_BYTES) {
      yield { bytes: all.subarray(at, at + PART_BYTES), isLast: false };
    }
    held = [all.subarray(at)];
    bytes = all.length - at;
  }
  yield { bytes: Buffer.concat(held), isLast: true };
}
