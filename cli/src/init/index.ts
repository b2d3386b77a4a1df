/** Writes the document of a first run, from what the cluster has and what the author chooses. */
export { ask } from './ask.js';
export { clusterOffer, type Offer, type OfferedSet, requireOffered } from './cluster-offer.js';
export { initialRunText } from './initial-run.js';
