import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, connect } from 'node:tls';
import { isLoopback, parseAddress, type TlsIdentity, tlsIdentityIn } from '@lyceum/platform';
import { CONNECT_DEADLINE_MS, toLyceumError } from '@lyceum/proto';
import { takesConnections } from '../client/index.js';
import type { CertificateFacts, OwnCertificate, ServerCertificate } from './judge-certificates.js';

export interface Certificates {
  readonly facts: CertificateFacts;
  /** Certificates for calls; undefined: there are none, or they cannot be used. */
  readonly tls: TlsIdentity | undefined;
}

export async function gatherCertificates(
  address: string,
  dir: string | undefined,
  nowMs: number,
): Promise<Certificates> {
  const { host } = parseAddress(address);
  let tls: TlsIdentity | undefined;
  try {
    tls = tlsIdentityIn(dir, nowMs);
  } catch (err) {
    return { tls, facts: { kind: 'unusable', why: toLyceumError(err).message } };
  }
  if (dir === undefined || tls === undefined) {
    return { tls, facts: { kind: 'none', isLocal: isLoopback(host) } };
  }
  const server = (await takesConnections(address)) ? await shownBy(address, tls) : undefined;
  return { tls, facts: { kind: 'usable', dir, own: ownCertificate(tls), server } };
}

function ownCertificate({ ca, certificate }: TlsIdentity): OwnCertificate {
  const chain = certificatesIn(certificate);
  const [own, last] = [chain[0], chain.at(-1)];
  if (own === undefined || last === undefined) throw new Error('read before, and empty now');
  const issuer = certificatesIn(ca).find(
    (authority) => last.checkIssued(authority) && last.verify(authority.publicKey),
  );
  return {
    name: /^CN=(.*)$/m.exec(own.subject)?.[1] ?? own.subject,
    validToMs: Date.parse(own.validTo),
    authorityValidToMs: issuer === undefined ? undefined : Date.parse(issuer.validTo),
  };
}

function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** The certificate that the server shows to a caller that trusts every authority. */
function shownBy(address: string, tls: TlsIdentity): Promise<ServerCertificate> {
  const { host, port } = parseAddress(address);
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      ca: tls.ca,
      cert: tls.certificate,
      key: tls.key,
      ALPNProtocols: ['h2'],
      servername: isIP(host) === 0 ? host : 'localhost',
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      timeout: CONNECT_DEADLINE_MS,
    });
    const settle = (shown: ServerCertificate['shown']): void => {
      socket.destroy();
      resolve({ host, shown });
    };
    socket.once('error', () => settle(undefined));
    socket.once('timeout', () => settle(undefined));
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerCertificate();
      settle({
        names: (certificate.subjectaltname ?? '').replaceAll(/DNS:|IP Address:/g, ''),
        namesHost: checkServerIdentity(host, certificate) === undefined,
        validToMs: Date.parse(certificate.valid_to),
        distrust: socket.authorized ? undefined : String(socket.authorizationError),
      });
    });
  });
}
