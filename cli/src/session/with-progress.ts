/** How far a push, a pull or an export has come: one line on a terminal that is rewritten, and nothing elsewhere. */
import { printable } from '@lyceum/proto';
import { barText, cutToWidth, durationText, percentText } from '../printing/text/index.js';
import { lineWidth } from './terminal.js';

const BAR_WIDTH = 24;

/** Work that ends sooner needs no line, and a line that changes faster cannot be read. */
const FIRST_MS = 300;
const EVERY_MS = 100;

/** Told how much is done, and of how much; undefined: not known. */
export type OnProgress = (done: number, total: number | undefined) => void;

/**
 * @param what - is being done: `pushing digits`.
 * @param amountText - of an amount as people read it.
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

/** What is known of the terminal. */
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
    // The cursor goes back: what is written next takes the line's place.
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
