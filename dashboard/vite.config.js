/** Bundles what the compiler wrote into `dist/page`: one script, one style sheet, nothing loaded from elsewhere. */
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  logLevel: 'warn',
  build: { outDir: 'dist/page', emptyOutDir: true, modulePreload: false, assetsInlineLimit: 0 },
});
