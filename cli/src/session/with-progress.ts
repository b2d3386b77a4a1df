/** The progress of a push, a pull or an export: one line that is rewritten on a terminal; nothing elsewhere. */
import { printable } from '@lyceum/proto';
import { barText, cutToWidth, durationText, percentText } from '../printing/text/index.js';
import { lineWidth } from './terminal.js';

const BAR_WIDTH = 24;

/** Work that takes less than FIRST_MS has no line. A line that changes faster than EVERY_MS cannot be read. */
const FIRST_MS = 300;
const EVERY_MS = 100;

/** Called with the amount that is done, and the total; undefined: not known. */
export type OnProgress = (done: number, total: number | undefined) => void;

/**
 * @param what - the work: `pushing digits`.
 * @param amountText - an amount as people read it.
 */
export async function withProgress<T>(
  what: string,
  amountText: (amount: number) => string,
  work: (onProgress: OnProgress) => Promise<T>,
): Promise<T> {
  if (!process.stderr.isTTY) return work(() => undefined);
  const line = new ProgressLine(process.stderr, what, amountText, performance.now());
  try {
    return await work((done, total) => line.show(done, total, performance.now()));
  } finally {
    line.clear();
  }
}

/** The part of a terminal's stream that is used. */
interface Screen {
  readonly columns: number;
  write(text: string): unknown;
}

export class ProgressLine {
  readonly #screen: Screen;
  readonly #what: string;
  readonly #amountText: (amount: number) => string;
  readonly #startedMs: number;
  #nextMs: number;
  #isShown = false;

  constructor(screen: Screen, what: string, amountText: (amount: number) => string, nowMs: number) {
    this.#screen = screen;
    this.#what = what;
    this.#amountText = amountText;
    this.#startedMs = nowMs;
    this.#nextMs = nowMs + FIRST_MS;
  }

  show(done: number, total: number | undefined, nowMs: number): void {
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + EVERY_MS;
    this.#isShown = true;
    const progress = { what: this.#what, done, total, elapsedMs: nowMs - this.#startedMs };
    const text = printable(progressText(progress, this.#amountText));
    const cut = cutToWidth(text, lineWidth(this.#screen));
    // The cursor goes back to the start of the line, so that the next text replaces it.
    this.#screen.write(`\u001b[K${cut}\r`);
  }

  clear(): void {
    if (this.#isShown) this.#screen.write('\u001b[K');
  }
}

interface Progress {
  readonly what: string;
  readonly done: number;
  readonly total: number | undefined;
  readonly elapsedMs: number;
}

export function progressText(
  { what, done, total, elapsedMs }: Progress,
  amountText: (amount: number) => string,
): string {
  const perSecond = `${amountText((done / Math.max(1, elapsedMs)) * 1000)}/s`;
  if (total === undefined || total === 0) return `${what}  ${amountText(done)}  ${perSecond}`;
  const share = Math.min(1, done / total);
  const left = durationText((elapsedMs / Math.max(share, 1e-9)) * (1 - share));
  const amounts = `${amountText(done)} of ${amountText(total)}`;
  return `${what}  ${barText(share, BAR_WIDTH)}  ${percentText(share, 0)}  ${amounts}  ${perSecond}  about ${left} left`;
}
