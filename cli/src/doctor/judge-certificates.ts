/** Judges certificates: whether they are whole, trusted, valid for long enough, and name the coordinator. Pure. */
import { type Finding, fault, ok, warning } from './finding.js';

const DAY_MS = 86_400_000;
const WARNING_DAYS = 30;

export interface OwnCertificate {
  /** The common name. */
  readonly name: string;
  readonly validToMs: number;
  /** End of validity of the authority that issued the certificate; undefined: ca.crt does not have this authority. */
  readonly authorityValidToMs: number | undefined;
}

export type CertificateFacts =
  /** No --tls-dir. */
  | { readonly kind: 'none'; readonly isLocal: boolean }
  | { readonly kind: 'unusable'; readonly why: string }
  | {
      readonly kind: 'usable';
      readonly dir: string;
      readonly own: OwnCertificate;
      /** The coordinator's certificate; undefined: no program listens there. */
      readonly server: ServerCertificate | undefined;
    };

export interface ServerCertificate {
  /** The host of `--coordinator`, without the port. */
  readonly host: string;
  /** Undefined: the server does not use TLS. */
  readonly shown:
    | {
        readonly names: string;
        readonly namesHost: boolean;
        readonly validToMs: number;
        /** Why this side does not trust the certificate, apart from its names. */
        readonly distrust: string | undefined;
      }
    | undefined;
}

export function judgeCertificates(facts: CertificateFacts, nowMs: number): Finding[] {
  switch (facts.kind) {
    case 'none':
      return [
        facts.isLocal
          ? ok('certificates', 'none are used, on this machine alone')
          : warning(
              'certificates',
              'none are used: anyone who can reach the coordinator may do everything',
              'coordinator certificates issues some; --tls-dir uses them',
            ),
      ];
    case 'unusable':
      return [fault('certificates', facts.why, 'coordinator certificates NAME issues a new one')];
    case 'usable':
      return [judgeOwn(facts.dir, facts.own, nowMs), ...judgeServer(facts.server, nowMs)];
  }
}

function judgeOwn(dir: string, own: OwnCertificate, nowMs: number): Finding {
  const { name, validToMs, authorityValidToMs } = own;
  const renew = `coordinator certificates ${name} renews it`;
  if (authorityValidToMs === undefined) {
    const message = `no authority in ${dir}/ca.crt issued ${dir}/tls.crt`;
    return fault('certificates', message, 'take ca.crt and tls.crt of the same authority');
  }
  if (authorityValidToMs < nowMs) {
    const message = `the authority in ${dir}/ca.crt was valid until ${dayText(authorityValidToMs)}`;
    return fault('certificates', message, 'issue all certificates again, from a new authority');
  }
  const text = `${name} is valid until ${dayText(validToMs)}`;
  const isShort = Math.min(validToMs, authorityValidToMs) - nowMs < WARNING_DAYS * DAY_MS;
  return isShort ? warning('certificates', text, renew) : ok('certificates', text);
}

function judgeServer(server: ServerCertificate | undefined, nowMs: number): Finding[] {
  if (server === undefined) return [];
  const { host, shown } = server;
  if (shown === undefined) {
    const message = 'the coordinator speaks no TLS';
    return [fault('certificates', message, 'start it with --tls-dir, or leave --tls-dir out')];
  }
  const { names, namesHost, validToMs, distrust } = shown;
  if (validToMs < nowMs) {
    const message = `the coordinator's certificate was valid until ${dayText(validToMs)}`;
    return [fault('certificates', message, 'coordinator certificates coordinator renews it')];
  }
  if (distrust !== undefined) {
    const message = `the coordinator's certificate is not trusted: ${distrust}`;
    return [fault('certificates', message, 'take a certificate of the authority of the cluster')];
  }
  if (!namesHost) {
    const message = `the coordinator's certificate is for ${names || 'no host'}, but it is called as ${host}`;
    const remedy = `coordinator certificates coordinator --host ${host}, then start it with the new one`;
    return [fault('certificates', message, remedy)];
  }
  return [ok('certificates', `the coordinator's certificate is for ${host}`)];
}

function dayText(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
