/**
 * The only error that set-up throws on purpose: it names what is wrong and what to do about it.
 *
 * `blocking: false`: there is a fallback (without a compiler: WebAssembly). A wrong checksum or a full disk has no
 * fallback: going on would hide the error.
 */
export class SetupError extends Error {
  /**
   * @param {string} message what is wrong, and where
   * @param {{ remedy: string, blocking?: boolean, cause?: unknown }} options
   */
  constructor(message, { remedy, blocking = true, cause }) {
    super(message, { cause });
    this.name = 'SetupError';
    this.remedy = remedy;
    this.blocking = blocking;
  }
}
