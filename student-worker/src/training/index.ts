/** One assignment from its preparation to its end. */
export { AssignedTraining, type TrainingSurroundings } from './assigned-training.js';
