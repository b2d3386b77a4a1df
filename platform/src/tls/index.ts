/** How a program proves what it is: certificates and keys, read and checked. */
export * from './tls-identity.js';
export { channelTo, type TlsMaterial, tlsTrouble } from './tls-material.js';
