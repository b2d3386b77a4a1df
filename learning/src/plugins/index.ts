/**
 * Terms and rules of the user's own: what a plugin is, how it is read, and the one that this program has loaded.
 * TensorFlow is imported only for its types.
 */
export * from './plugin.js';
export * from './read-plugin.js';
export * from './registry.js';

/** The URL with which `node --import` loads a plugin. */
export function preloadUrl(file: string): string {
  const url = new URL('./preload.js', import.meta.url);
  url.searchParams.set('file', file);
  return url.href;
}
