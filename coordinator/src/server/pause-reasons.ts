/** Why runs are paused, where more than one place finds it out. */
export const ANSWERS_FULL =
  "the coordinator's disk is full: there is no room for answers below its state folder";
