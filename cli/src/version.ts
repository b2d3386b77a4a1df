/** This package's version, from its package.json. */
import { readFileSync } from 'node:fs';

const file = new URL('../package.json', import.meta.url);

export const { version: VERSION } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
