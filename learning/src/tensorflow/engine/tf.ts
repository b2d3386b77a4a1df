/** The tfjs module, whichever backend it computes with. */
export type Tf = typeof import('@tensorflow/tfjs');
