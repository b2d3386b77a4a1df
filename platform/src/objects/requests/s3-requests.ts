/**
 * Requests to S3 and to compatible servers: the URL of a bucket's key, signed with the credentials that are found in
 * the usual places (variables, profiles, web identities, containers, instances), or unsigned where there are none.
 */
import { createHash } from 'node:crypto';
import { LyceumError } from '@lyceum/proto';
import { AwsV4Signer } from 'aws4fetch';
import type { HttpRequest, HttpRequests, HttpResponse } from './http-requests.js';
import { refusalError } from './object-errors.js';
import { errorCodeOf } from './s3-xml.js';

/** An error of S3's has some hundred bytes. */
const ERROR_MAX_BYTES = 64 * 1024;

const DEFAULT_REGION = 'us-east-1';

export interface S3Settings {
  /** Address of a server that is not AWS's; undefined: AWS. */
  readonly endpoint: URL | undefined;
  readonly region: string;
}

export interface S3Request extends Omit<HttpRequest, 'url' | 'headers'> {
  readonly bucket: string;
  /** Empty: the request is for the bucket. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Undefined: there are none, and requests are not signed. */
export type S3CredentialProvider = () => Promise<S3Credentials | undefined>;

/** @throws {LyceumError} INVALID_ARGUMENT naming the flag. */
export function s3Settings(
  endpoint: string | undefined,
  region: string | undefined,
  environment: NodeJS.ProcessEnv,
): S3Settings {
  const named = region ?? environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'];
  const known = named === undefined || named === '' ? DEFAULT_REGION : named;
  if (!/^[a-z0-9-]{1,64}$/.test(known)) {
    const message = `${JSON.stringify(known)} is no region of S3; want one as eu-central-1 in --s3-region, LYCEUM_S3_REGION or AWS_REGION`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return { endpoint: endpoint === undefined ? undefined : endpointUrl(endpoint), region: known };
}

function endpointUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined && `${url.username}${url.password}${url.search}${url.hash}` === '';
  if (isPlain && /^https?:$/.test(url.protocol)) return url;
  const message =
    '--s3-endpoint (LYCEUM_S3_ENDPOINT) is no server; want http:// or https://, a host and a port, https://minio.example.org:9000';
  throw new LyceumError('INVALID_ARGUMENT', message);
}

/**
 * The URL of a key. AWS: in the bucket's own host. Other servers, and buckets whose names have dots, which no
 * certificate covers: the bucket is the first part of the path.
 */
export function s3Url({ endpoint, region }: S3Settings, bucket: string, key: string): URL {
  const path = key.split('/').map(encoded).join('/');
  if (endpoint !== undefined) {
    return new URL(`${endpoint.origin}${endpoint.pathname.replace(/\/$/, '')}/${bucket}/${path}`);
  }
  const host = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  return new URL(
    bucket.includes('.')
      ? `https://${host}/${bucket}/${path}`
      : `https://${bucket}.${host}/${path}`,
  );
}

/** RFC 3986 as signatures use it: escapes all but letters, digits, - . _ and ~. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** They name a server that has credentials, though it may start after this program. */
const CONTAINER_VARIABLES = [
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
];

/**
 * @param environment - keys in its variables come first, unless a profile is named, as in AWS's own programs. The
 *   chain of other places reads the process's environment.
 */
export function s3Credentials(environment: NodeJS.ProcessEnv): S3CredentialProvider {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_PROFILE: profile,
  } = environment;
  if (!profile && accessKeyId && secretAccessKey) {
    return async () => ({ accessKeyId, secretAccessKey, sessionToken });
  }
  let chain: Promise<S3CredentialProvider> | undefined;
  return async () => {
    chain ??= import('@aws-sdk/credential-providers').then(({ fromNodeProviderChain }) =>
      fromNodeProviderChain(),
    );
    try {
      return await (await chain)();
    } catch (err) {
      const why = err instanceof Error ? err.message : String(err);
      // The chain's last provider says so: there are no credentials anywhere.
      if (why.includes('Could not load credentials from any providers')) {
        const place = CONTAINER_VARIABLES.find((name) => environment[name]);
        if (place !== undefined) {
          const message = `credentials cannot be had: the server in ${place} gives none`;
          throw new LyceumError('UNAVAILABLE', message, { cause: err });
        }
        chain = Promise.resolve(async () => undefined);
        return undefined;
      }
      const code = mayPass(err) ? 'UNAVAILABLE' : 'PERMISSION_DENIED';
      throw new LyceumError(code, `credentials cannot be had: ${why}`, { cause: err });
    }
  };
}

/** AWS's code tries a call again if its service is away or busy, and only once if the service refuses it. */
function mayPass(err: unknown): boolean {
  const { $metadata } = err as { readonly $metadata?: { readonly attempts?: number } };
  return ($metadata?.attempts ?? 1) > 1;
}

export class S3Requests {
  readonly #requests: HttpRequests;
  readonly #settings: S3Settings;
  readonly #credentials: S3CredentialProvider;
  /** Keys derived from the secret: one a day. */
  readonly #signingKeys = new Map<string, ArrayBuffer>();

  constructor(requests: HttpRequests, settings: S3Settings, credentials: S3CredentialProvider) {
    this.#requests = requests;
    this.#settings = settings;
    this.#credentials = credentials;
  }

  /** @throws {LyceumError} if the answer is no success. */
  async send(request: S3Request): Promise<HttpResponse> {
    const { method, bucket, key, query = {}, body, shown, signal } = request;
    const url = s3Url(this.#settings, bucket, key);
    const pairs = Object.entries(query).map(([name, value]) => `${name}=${encoded(value)}`);
    url.search = pairs.join('&');
    const headers = await this.#signed(method, url, request);
    const response = await this.#requests.send({ method, url, shown, headers, body, signal });
    const { status, retryAfterMs } = response;
    if (status === 200 || status === 204 || status === 206) return response;
    const code = errorCodeOf((await response.beginning(ERROR_MAX_BYTES)).toString('utf8'));
    const region = response.header('x-amz-bucket-region');
    throw refusalError({
      shown,
      status,
      code,
      hint: this.#hint(status, code, region),
      retryAfterMs,
    });
  }

  #hint(status: number, code: string | undefined, region: string | undefined): string | undefined {
    if (region !== undefined && region !== this.#settings.region && /^[a-z0-9-]+$/.test(region)) {
      return `its bucket is in ${region}; give --s3-region ${region} (LYCEUM_S3_REGION)`;
    }
    if (code === 'AuthorizationHeaderMalformed') {
      return `its region is not ${this.#settings.region}; give its region by --s3-region (LYCEUM_S3_REGION)`;
    }
    if (code === 'InvalidObjectState') return 'it is archived (Glacier); restore it first';
    if (status !== 403) return undefined;
    return 'look at the credentials of this program (AWS_ACCESS_KEY_ID, AWS_PROFILE, its role) and what they may read';
  }

  async #signed(
    method: string,
    url: URL,
    { body, headers = {}, shown }: S3Request,
  ): Promise<Record<string, string>> {
    const found = await this.#credentials().catch((err: unknown) => {
      if (!(err instanceof LyceumError)) throw err;
      throw new LyceumError(err.code, `${shown}: ${err.message}`, { cause: err });
    });
    if (found === undefined) return { ...headers };
    const { accessKeyId, secretAccessKey, sessionToken } = found;
    const digest = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...headers, 'x-amz-content-sha256': digest },
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
      service: 's3',
      region: this.#settings.region,
      cache: this.#signingKeys,
    });
    return Object.fromEntries((await signer.sign()).headers);
  }
}
