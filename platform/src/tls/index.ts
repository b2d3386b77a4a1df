/** How a program proves its identity: certificates and keys, read and checked. */
export * from './bound-handshakes.js';
export * from './tls-identity.js';
export { channelTo, isNoTls, type TlsMaterial, tlsTrouble } from './tls-material.js';
