/** Files of the built page, in gzipped bytes. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

const PAGE = path.join(import.meta.dirname, '../dist/page');
const SCRIPT_BYTES = 60_000;
const STYLE_BYTES = 10_000;

it('the dashboard page has less than 60 kB of scripts and 10 kB of styles, gzipped', () => {
  expect(gzippedBytes('.js')).toBeLessThan(SCRIPT_BYTES);
  expect(gzippedBytes('.css')).toBeLessThan(STYLE_BYTES);
});

it('the dashboard page loads only its own assets', () => {
  const html = readFileSync(path.join(PAGE, 'index.html'), 'utf8');
  const addresses = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
  expect(addresses).toHaveLength(3);
  for (const address of addresses) expect(address).toMatch(/^(\.\/assets\/|data:,$)/);
});

function gzippedBytes(extension: string): number {
  const files = readdirSync(path.join(PAGE, 'assets')).filter((name) => name.endsWith(extension));
  expect(files).not.toHaveLength(0);
  return files.reduce(
    (bytes, name) => bytes + gzipSync(readFileSync(path.join(PAGE, 'assets', name))).length,
    0,
  );
}
