/** The present time, updated often enough for texts like "5 min ago". */
import { signal } from '@preact/signals';

const EVERY_MS = 10_000;

export const nowMs = signal(Date.now());
setInterval(() => {
  if (!document.hidden) nowMs.value = Date.now();
}, EVERY_MS);
