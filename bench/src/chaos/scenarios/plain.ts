/** Three teachers; the run waits for all of them. */
import type { Scenario } from './scenario.js';

export const plain: Scenario = { name: 'plain', expected: 'oracle', spec: {} };
