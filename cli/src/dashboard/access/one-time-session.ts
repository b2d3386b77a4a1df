/**
 * One browser, let in by an address that works once. Pure.
 *
 * The address has a token; the browser that opens it gets a cookie with another secret. Secrets are compared by their
 * digests, whose comparison takes the same time for all.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** `spent`: it has let a browser in before. */
export type Opening = 'opened' | 'spent' | 'unknown';

export class OneTimeSession {
  readonly #cookieName: string;
  readonly #cookie: string;
  readonly #cookieDigest: Buffer;
  readonly #tokenDigest: Buffer;
  #isSpent = false;

  /**
   * @param cookieName - of this dashboard alone: browsers do not tell ports of one host apart.
   * @param token - of the address, and
   * @param cookie - of the browser: secrets, in letters that addresses and cookies may have.
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

  /** For `set-cookie`, once: scripts cannot read it, and no other site's page sends it along. */
  get setCookie(): string {
    return `${this.#cookieName}=${this.#cookie}; HttpOnly; SameSite=Strict; Path=/`;
  }

  /** @param cookies - as the header has them. */
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
