/** A terminal's colours and width. */
import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

export type Colour = 'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow';

export type Paint = (colour: Colour, text: string) => string;

/** Colours text if the stream is a terminal with colours and NO_COLOR is not set (no-color.org). */
export function painter(stream: WriteStream): Paint {
  if (!stream.isTTY || !stream.hasColors()) return (_, text) => text;
  return (colour, text) => styleText(colour, text, { validateStream: false });
}

/** Width of a terminal that does not tell its width. */
const USUAL_COLUMNS = 80;
const LEAST_COLUMNS = 20;

/** Columns of a table that is printed on the stream; undefined: it is no terminal, and tables have any width. */
export function tableWidth(stream: WriteStream): number | undefined {
  return stream.isTTY ? lineWidth(stream) : undefined;
}

/** Columns that a line may fill without being wrapped. */
export function lineWidth({ columns }: { readonly columns: number }): number {
  return Math.max(LEAST_COLUMNS, (columns || USUAL_COLUMNS) - 1);
}
