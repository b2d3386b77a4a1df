import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

export type Colour = 'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow';

export type Paint = (colour: Colour, text: string) => string;

/** Colours text for a stream that shows it: a terminal, unless NO_COLOR says no (no-color.org). */
export function painter(stream: WriteStream): Paint {
  if (!stream.isTTY || !stream.hasColors()) return (_, text) => text;
  return (colour, text) => styleText(colour, text, { validateStream: false });
}
