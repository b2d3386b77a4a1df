/**
 * Arguments that flags of all programs share: numbers within limits, addresses, log levels; and how bad ones are
 * refused.
 */
export { LOG_LEVELS } from '../process/index.js';
export {
  address,
  allowedAddresses,
  folderPath,
  numberAbove,
  numberFrom,
  uint32From,
  wholeNumber,
} from './arguments.js';
export { flag } from './flag.js';
export { PRINTABLE_ERRORS } from './printable-errors.js';
