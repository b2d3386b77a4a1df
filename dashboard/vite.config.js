/** Bundles the compiled page into `dist/page`: one script and one style sheet, with nothing loaded from elsewhere. */
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  logLevel: 'warn',
  build: { outDir: 'dist/page', emptyOutDir: true, modulePreload: false, assetsInlineLimit: 0 },
});
