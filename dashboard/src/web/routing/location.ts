/** The browser's present address. */
import { computed, signal } from '@preact/signals';
import { readRoute } from './routes.js';

const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});

export const route = computed(() => readRoute(hash.value));

/** Goes to an address in place of the present one in the browser's history: each typed letter changes the address. */
export function goTo(address: string): void {
  history.replaceState(null, '', address);
  hash.value = location.hash;
}
