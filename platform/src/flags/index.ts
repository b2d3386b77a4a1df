/** What flags of all programs may say: numbers within limits, addresses, levels of logs; and how it is refused. */
export { LOG_LEVELS } from '../process/index.js';
export {
  address,
  allowedAddresses,
  numberAbove,
  numberFrom,
  uint32From,
  wholeNumber,
} from './arguments.js';
export { flag } from './flag.js';
export { PRINTABLE_ERRORS } from './printable-errors.js';
