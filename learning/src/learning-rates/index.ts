/** The schedules of the learning rate: a file each that says all of one, and the table of them. */
export { type LearningRateSettings, learningRate, SCHEDULES, scheduleNamed } from './table.js';
