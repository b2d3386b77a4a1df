/** The inputs that black boxes are asked about. */
export {
  type ImitationInput,
  inputId,
  type ReadInputs,
  readImitationInputs,
  requireSentAsRead,
  sentInput,
  TEXT_MAX_BYTES,
} from './inputs.js';
