/** What flags of all programs may say: numbers within limits, addresses, levels of logs; and how it is refused. */
export {
  address,
  allowedAddresses,
  LOG_LEVELS,
  numberAbove,
  numberFrom,
  uint32From,
  wholeNumber,
} from './arguments.js';
export { PRINTABLE_ERRORS } from './printable-errors.js';
