/** {@link Objects} of all kinds. The code for HTTP and S3 is loaded when the first such URL is asked for. */
import { LyceumError } from '@lyceum/proto';
import { type AddressGuard, calleeOf, shownUrl } from '../outside/index.js';
import { formatAddress } from '../process/index.js';
import { FileObjects } from './file-objects.js';
import type { HttpObjects } from './http-objects.js';
import { placeOf } from './object-place.js';
import type { ListedObject, ObjectFacts, ObjectRange, Objects } from './objects.js';
import type { HttpRequests } from './requests/index.js';
import type { S3Objects } from './s3-objects.js';

const REQUEST_TIMEOUT_MS = 30_000;

/** Together with their delays about ten seconds: long enough for a server to restart. */
const ATTEMPTS = 8;

export interface ObjectSettings {
  /** The folder of all files; undefined: files are not read. */
  readonly datasetsRoot?: string | undefined;
  /** Which addresses may be called. */
  readonly guard: AddressGuard;
  /**
   * Where a host at one of these addresses may redirect to: only to them. Default: redirects go wherever calls may.
   */
  readonly redirects?: AddressGuard | undefined;
  /** The server of s3:// URLs, allowed at any address; undefined: AWS. */
  readonly s3Endpoint?: string | undefined;
  /** Undefined: from AWS's variables, else us-east-1. */
  readonly s3Region?: string | undefined;
  /** Holds AWS's variables. */
  readonly environment: NodeJS.ProcessEnv;
  /** Time for the headers of an answer, milliseconds; default: 30,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Times that a request is tried without progress; default: 8. */
  readonly attempts?: number | undefined;
}

/** @throws {LyceumError} INVALID_ARGUMENT at the first S3 URL if the endpoint or the region is invalid. */
export function openObjects(settings: ObjectSettings): Objects {
  return new PlacedObjects(settings);
}

class PlacedObjects implements Objects {
  readonly #settings: ObjectSettings;
  readonly #timeoutMs: number;
  readonly #attempts: number;
  readonly #files: FileObjects;
  readonly #opened: HttpRequests[] = [];
  #http: Promise<HttpObjects> | undefined;
  #s3: Promise<S3Objects> | undefined;

  constructor(settings: ObjectSettings) {
    this.#settings = settings;
    this.#timeoutMs = settings.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#attempts = settings.attempts ?? ATTEMPTS;
    this.#files = new FileObjects(settings.datasetsRoot);
  }

  async facts(url: string, signal?: AbortSignal): Promise<ObjectFacts> {
    const place = placeOf(url);
    if (place.kind === 'file') return await this.#files.facts(place.path);
    if (place.kind === 'http') return await (await this.#overHttp()).facts(place.url, signal);
    return await (await this.#inBuckets()).facts(place, signal);
  }

  async read(url: string, range: ObjectRange, signal?: AbortSignal): Promise<Buffer> {
    checkRange(url, range);
    const place = placeOf(url);
    if (place.kind === 'file') return await this.#files.read(place.path, range, signal);
    const bytes = Buffer.allocUnsafeSlow(range.end - range.start);
    let filled = 0;
    for await (const chunk of this.stream(url, range, signal)) filled += chunk.copy(bytes, filled);
    return bytes;
  }

  async *stream(
    url: string,
    range: Partial<ObjectRange> = {},
    signal?: AbortSignal,
  ): AsyncIterable<Buffer> {
    const place = placeOf(url);
    checkRange(url, range);
    if (place.kind === 'file') yield* this.#files.stream(place.path, range, signal);
    else if (place.kind === 'http') {
      yield* (await this.#overHttp()).stream(place.url, range, signal);
    } else yield* (await this.#inBuckets()).stream(place, range, signal);
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<ListedObject> {
    const place = placeOf(prefix);
    if (place.kind === 'http') {
      const message = `${shownUrl(prefix)}: HTTP cannot list objects; name each object`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    if (place.kind === 'file') yield* this.#files.list(place.path, signal);
    else yield* (await this.#inBuckets()).list(place, signal);
  }

  async write(
    url: string,
    chunks: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<ObjectFacts> {
    const place = placeOf(url);
    if (place.kind === 'http') {
      const message = `${shownUrl(url)}: nothing is written over HTTP; want s3://BUCKET/KEY or a path`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    if (place.kind === 'file') return await this.#files.write(place.path, chunks);
    return await (await this.#inBuckets()).write(place, chunks, signal);
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#http, this.#s3]);
    await Promise.all(this.#opened.map((requests) => requests.close()));
  }

  #overHttp(): Promise<HttpObjects> {
    this.#http ??= (async () => {
      const { HttpObjects } = await import('./http-objects.js');
      const { guard, redirects } = this.#settings;
      const led = redirects && {
        bound: await this.#requests(redirects),
        others: await this.#requests(guard.without(redirects)),
      };
      return new HttpObjects(await this.#requests(guard), led, this.#attempts);
    })();
    return this.#http;
  }

  #inBuckets(): Promise<S3Objects> {
    this.#s3 ??= (async () => {
      const { S3Objects } = await import('./s3-objects.js');
      const { S3Requests, s3Credentials, s3Settings } = await import('./requests/s3-requests.js');
      const { guard, s3Endpoint, s3Region, environment } = this.#settings;
      const s3 = s3Settings(s3Endpoint, s3Region, environment);
      const own =
        s3.endpoint === undefined
          ? guard
          : guard.alsoAllowing(formatAddress(calleeOf(s3.endpoint.href)));
      const requests = new S3Requests(await this.#requests(own), s3, s3Credentials(environment));
      return new S3Objects(requests, this.#attempts);
    })();
    return this.#s3;
  }

  async #requests(guard: AddressGuard): Promise<HttpRequests> {
    const { HttpRequests } = await import('./requests/http-requests.js');
    const requests = new HttpRequests(guard, this.#timeoutMs);
    this.#opened.push(requests);
    return requests;
  }
}

function checkRange(url: string, { start = 0, end = start }: Partial<ObjectRange>): void {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && end >= start)
    return;
  const message = `${shownUrl(url)}: ${start} to ${end} is no range of bytes`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}
