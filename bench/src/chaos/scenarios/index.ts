/** The scenarios of chaos runs: each has a file, and a line in this list. */
import { fitted } from './fitted.js';
import { plain } from './plain.js';
import { quorum } from './quorum.js';
import type { Scenario } from './scenario.js';
import { servers } from './servers.js';
import { users } from './users.js';

export { plain } from './plain.js';
export type { Scenario, Servers } from './scenario.js';

export const SCENARIOS: readonly Scenario[] = [plain, quorum, fitted, servers, users];
