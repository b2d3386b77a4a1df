/** Where the browser is. */
import { computed, signal } from '@preact/signals';
import { readRoute } from './routes.js';

const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});

export const route = computed(() => readRoute(hash.value));

/** @param replace - the entry before it is forgotten, as while somebody types. */
export function goTo(address: string, { replace = false } = {}): void {
  if (replace) {
    history.replaceState(null, '', address);
    hash.value = location.hash;
  } else {
    location.hash = address;
  }
}
