/**
 * Certificates for tests, made when they run: an authority of its own and what it signs, for 127.0.0.1, in DER by hand
 * (RFC 5280, §4.1; ECDSA with SHA-256 on P-256).
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface Certificate {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  /** @param name - common name of whom it is for. */
  issue(name: string): Certificate;
}

/** Valid from 2000 to 2100. */
const VALIDITY = sequence(der(0x18, '20000101000000Z'), der(0x18, '21000101000000Z'));
const SHA256_WITH_ECDSA = sequence(der(0x06, Buffer.from('2a8648ce3d040302', 'hex')));
const IS_AUTHORITY = extension('551d13', sequence(der(0x01, Buffer.from([0xff]))));
const IS_LOOPBACK = extension('551d11', sequence(der(0x87, Buffer.from([127, 0, 0, 1]))));

let serial = 0;

export function authority(name: string): Authority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signed = (subject: string, publicKey: KeyObject, extensions: Buffer) => {
    const content = sequence(
      der(0xa0, der(0x02, Buffer.from([2]))),
      der(0x02, Buffer.from([++serial])),
      SHA256_WITH_ECDSA,
      named(name),
      VALIDITY,
      named(subject),
      publicKey.export({ type: 'spki', format: 'der' }),
      der(0xa3, sequence(extensions)),
    );
    const signature = sign('sha256', content, own.privateKey);
    const bits = der(0x03, Buffer.concat([Buffer.from([0]), signature]));
    return pem('CERTIFICATE', sequence(content, SHA256_WITH_ECDSA, bits));
  };
  return {
    certificate: signed(name, own.publicKey, IS_AUTHORITY),
    key: keyText(own.privateKey),
    issue: (subject) => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return { certificate: signed(subject, publicKey, IS_LOOPBACK), key: keyText(privateKey) };
    },
  };
}

function named(commonName: string): Buffer {
  const type = der(0x06, Buffer.from('550403', 'hex'));
  return sequence(der(0x31, sequence(type, der(0x0c, commonName))));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(der(0x06, Buffer.from(id, 'hex')), der(0x04, value));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

/** Tag, length, content; contents are below 64 KiB. */
function der(tag: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content as string, 'latin1');
  const { length } = bytes;
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...(length < 0x80 ? [length] : long)]), bytes]);
}

function keyText(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
