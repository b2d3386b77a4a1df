/** The schedules of the learning rate: one file for each schedule, and the table of them. */
export { type LearningRateSettings, learningRate, SCHEDULES, scheduleNamed } from './table.js';
