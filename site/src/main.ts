/** Writes the reference: pages into `site/reference`, JSON Schemas into `site/public/schemas`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { referencePages, schemaFiles } from './reference/pages.js';

const SITE = resolve(import.meta.dirname, '..');

write(join(SITE, 'reference'), await referencePages(resolve(SITE, '..')));
write(join(SITE, 'public/schemas'), schemaFiles());

/** Replaces the folder's contents. */
function write(folder: string, files: Readonly<Record<string, string>>): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}
