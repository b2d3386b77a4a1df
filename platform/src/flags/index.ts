/** What flags of all programs may say: numbers within limits, addresses that may be called, levels of logs. */
export {
  address,
  allowedAddresses,
  LOG_LEVELS,
  numberAbove,
  numberFrom,
  wholeNumber,
} from './arguments.js';
