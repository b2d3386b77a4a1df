/** Stored answers against their teachers as they are now: which spans are asked for again, and how far they differ. */
export { AnswerVerifications } from './answer-verification.js';
