/** What the command line and `teacher-worker try` say to each other. */
export * from './trial-messages.js';
