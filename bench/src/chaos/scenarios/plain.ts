/** Three teachers, all of which are waited for. */
import type { Scenario } from './scenario.js';

export const plain: Scenario = { name: 'plain', expected: 'oracle', spec: {} };
