/**
 * Lets in one browser, by an address that works once. Pure.
 *
 * The address has a token; the browser that opens it gets a cookie with another secret. Secrets are compared by their
 * digests, so the comparison takes the same time for all.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** `spent`: the token has already let a browser in. */
export type Opening = 'opened' | 'spent' | 'unknown';

export class OneTimeSession {
  readonly #cookieName: string;
  readonly #cookie: string;
  readonly #cookieDigest: Buffer;
  readonly #tokenDigest: Buffer;
  #isSpent = false;

  /**
   * @param cookieName - unique to this dashboard: browsers do not keep cookies of different ports apart.
   * @param token - the secret in the address, in letters that addresses may have.
   * @param cookie - the secret in the browser's cookie, in letters that cookies may have.
   */
  constructor(cookieName: string, token: string, cookie: string) {
    this.#cookieName = cookieName;
    this.#cookie = cookie;
    this.#cookieDigest = digest(cookie);
    this.#tokenDigest = digest(token);
  }

  open(token: string): Opening {
    if (!timingSafeEqual(digest(token), this.#tokenDigest)) return 'unknown';
    if (this.#isSpent) return 'spent';
    this.#isSpent = true;
    return 'opened';
  }

  /**
   * The `set-cookie` header, sent once: scripts cannot read the cookie, and browsers do not send it for other sites'
   * pages.
   */
  get setCookie(): string {
    return `${this.#cookieName}=${this.#cookie}; HttpOnly; SameSite=Strict; Path=/`;
  }

  /** @param cookies - the text of the Cookie header. */
  isIn(cookies: string): boolean {
    return cookies
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(`${this.#cookieName}=`))
      .some((pair) =>
        timingSafeEqual(digest(pair.slice(this.#cookieName.length + 1)), this.#cookieDigest),
      );
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
