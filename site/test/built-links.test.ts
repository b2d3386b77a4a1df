/** Small sites in a temporary folder, with live and dead links. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { deadLinks } from '../src/built-links.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lyceum-site-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

it('deadLinks ignores links to existing pages, folders, anchors and files', () => {
  write('index.html', '<a href="/docs/a.html#one"></a><a href="./docs/"></a><a href="#top"></a>');
  write('docs/index.html', '<p id="top"></p><img src="../b.png"><a href="https://example.org">');
  write('docs/a.html', '<h2 id="one"></h2>');
  write('b.png', '');
  expect(deadLinks(folder)).toEqual(['index.html: #top']);
  write('index.html', '<p id="top"><a href="#top"></a>');
  expect(deadLinks(folder)).toEqual([]);
});

it('deadLinks lists each dead link with its page', () => {
  write('index.html', '<a href="/none.html"></a><img src="none.png"><a href="docs/a.html#none">');
  write('docs/a.html', '<a href="../none/"></a>');
  expect(deadLinks(folder).sort()).toEqual([
    'docs/a.html: ../none/',
    'index.html: /none.html',
    'index.html: docs/a.html#none',
    'index.html: none.png',
  ]);
});
