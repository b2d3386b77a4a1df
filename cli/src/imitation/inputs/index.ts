/** What black boxes are asked about. */
export {
  type ImitationInput,
  readImitationInputs,
  requireSentAsRead,
  sentInput,
} from './inputs.js';
