/** Where the browser is. */
import { computed, signal } from '@preact/signals';
import { readRoute } from './routes.js';

const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});

export const route = computed(() => readRoute(hash.value));

/** The entry before it is forgotten, as while somebody types. */
export function goTo(address: string): void {
  history.replaceState(null, '', address);
  hash.value = location.hash;
}
