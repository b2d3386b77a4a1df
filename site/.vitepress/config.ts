/** The site: the repository's pages, unchanged, listed in `navigation.ts`. No part of the site calls the network. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type DefaultTheme, defineConfig, type MarkdownRenderer } from 'vitepress';
import { deadLinks } from '../src/built-links.js';
import { addressOf, NAVIGATION } from '../src/navigation.js';
import { pageLink, slugOf } from '../src/page-links.js';
import { plotMarkedTables } from '../src/plots/marked-tables.js';
import { withDialogAndOptions } from '../src/search-box.js';

const SITE = resolve(import.meta.dirname, '..');
const CHECKOUT = resolve(SITE, '..');

const sidebar: DefaultTheme.SidebarItem[] = NAVIGATION.map(({ title, pages }) => ({
  text: title,
  items: pages.map((page) => ({ text: page.title, link: addressOf(page.path) })),
}));

/** The pages that readers want most; the sidebar has all pages. */
const nav: DefaultTheme.NavItem[] = [
  { text: 'Quick start', link: '/docs/quick-start' },
  { text: 'Pictures', link: '/docs/ideas' },
  { text: 'Commands', link: '/site/reference/coordinator' },
  { text: 'A run', link: '/site/reference/run-distillation' },
  { text: 'Examples', link: '/examples/' },
];

export default defineConfig({
  title: 'Lyceum',
  description: 'Distils an ensemble of remote teacher models into one small student model.',
  lang: 'en-GB',
  srcDir: CHECKOUT,
  srcExclude: ['**/dist/**', '**/build/**', 'lyceum-*/**'],
  outDir: join(SITE, 'dist/pages'),
  cacheDir: join(SITE, 'dist/cache'),
  vite: {
    publicDir: join(SITE, 'public'),
    plugins: [
      {
        name: 'search-box',
        // Runs before Vue compiles the component.
        enforce: 'pre',
        transform: (code, id) =>
          id.endsWith('/VPLocalSearchBox.vue') ? withDialogAndOptions(code) : undefined,
      },
    ],
  },
  rewrites: (id) => id.replace(/README\.md$/, 'index.md'),
  markdown: {
    anchor: { slugify: slugOf },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: (md) => {
      linkLikeTheSite(md);
      md.core.ruler.push('plots', ({ tokens, env }) => plotMarkedTables(tokens, env.relativePath));
    },
  },
  themeConfig: {
    nav,
    sidebar,
    outline: 2,
    search: { provider: 'local' },
    footer: { message: 'Apache-2.0' },
  },
  // How-to pages have no sections to list, and their commands need the width.
  transformPageData(page) {
    if (page.relativePath.startsWith('docs/how-to/')) page.frontmatter['aside'] = false;
  },
  buildEnd({ outDir }) {
    const dead = deadLinks(outDir);
    if (dead.length > 0) throw new Error(`links that lead nowhere:\n${dead.join('\n')}`);
  },
});

/** Changes links before VitePress checks them. A link to a file that is no page is replaced by the link's text. */
function linkLikeTheSite(md: MarkdownRenderer): void {
  md.core.ruler.push('links-of-the-site', ({ tokens, env }) => {
    for (const { children } of tokens) {
      if (children === null) continue;
      let isFile = false;
      for (const token of children) {
        if (token.type === 'link_open') {
          const link = pageLink(env.relativePath, token.attrGet('href') ?? '');
          if (link.kind === 'page') token.attrSet('href', link.href);
          isFile = link.kind === 'file';
          if (link.kind === 'file' && !existsSync(join(CHECKOUT, link.path))) {
            throw new Error(`${env.relativePath}: there is no file ${link.path}`);
          }
        }
        if (!isFile) continue;
        if (token.type === 'link_close') isFile = false;
        if (token.type.startsWith('link_')) Object.assign(token, { type: 'text', content: '' });
      }
    }
  });
}
