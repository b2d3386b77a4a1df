/**
 * Terms and rules of the user's own: what a plugin is, reading it, and the one that this program has loaded.
 * TensorFlow only in types.
 */
export * from './plugin.js';
export * from './read-plugin.js';
export * from './registry.js';

/** What `node --import` loads a plugin with: a URL. */
export function preloadUrl(file: string): string {
  const url = new URL('./preload.js', import.meta.url);
  url.searchParams.set('file', file);
  return url.href;
}
