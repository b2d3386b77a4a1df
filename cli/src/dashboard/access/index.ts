/** Who may see and change things: hosts, sessions, origins. Pure. */
export {
  type AccessRules,
  type Asked,
  isLoopbackName,
  OPEN_PATH,
  refusal,
} from './access-rules.js';
export { OneTimeSession } from './one-time-session.js';
