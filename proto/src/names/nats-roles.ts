/**
 * Who may do what in NATS: the accounts of a server's configuration, and what programs need of them. Pure.
 *
 * Each role has an account of its own, and streams and buckets are in the coordinator's alone. Permissions in one account
 * would not do: NATS checks where a client publishes, not where the answer that it asks for goes, so who may read one
 * stream could have it answered into any other (a message that he may read, with a pointer's subject as its reply). Between
 * accounts only the requests listed here pass, and answers come back to the account that asked.
 */
import { BLOB_BUCKET, TICKET_STREAM } from './subjects.js';

/** The programs that speak to NATS. The command line does not. */
export const NATS_ROLES = ['coordinator', 'teacher-worker', 'student-worker'] as const;

/** Also the name of the role's user, and of the certificate that stands for it. */
export type NatsRole = (typeof NATS_ROLES)[number];

type WorkerRole = Exclude<NatsRole, 'coordinator'>;

/** JetStream's own name of the stream below the object store. */
const BLOB_STREAM = `OBJ_${BLOB_BUCKET}`;

/** Models, sets and checkpoints, by their names, which may be looked up. */
const BLOB_READS = [
  '$JS.API.INFO',
  `$JS.API.STREAM.INFO.${BLOB_STREAM}`,
  `$JS.API.STREAM.MSG.GET.${BLOB_STREAM}`,
  `$JS.API.DIRECT.GET.${BLOB_STREAM}`,
] as const;

/** A pull is answered by a ticket, and by heartbeats before. */
const TICKET_PULLS = `$JS.API.CONSUMER.MSG.NEXT.${TICKET_STREAM}.*`;

/** All that workers may send. Student workers write nothing: the coordinator does it for them. */
const REQUESTS: Readonly<Record<WorkerRole, readonly string[]>> = {
  'teacher-worker': [
    ...BLOB_READS,
    `$JS.API.CONSUMER.INFO.${TICKET_STREAM}.*`,
    TICKET_PULLS,
    `$JS.ACK.${TICKET_STREAM}.>`,
  ],
  'student-worker': BLOB_READS,
};

/** NATS keeps a stream in a folder of its account's name. */
export const STORE_ACCOUNT = 'LYCEUM';

const WORKER_ACCOUNTS: Readonly<Record<WorkerRole, string>> = {
  'teacher-worker': 'LYCEUM_TEACHER_WORKERS',
  'student-worker': 'LYCEUM_STUDENT_WORKERS',
};

const WORKER_ROLES = Object.keys(WORKER_ACCOUNTS) as readonly WorkerRole[];

/** Where a role's answers come to: no other role can listen there. */
export function natsInbox(role: NatsRole): string {
  return `_INBOX_${role}`;
}

/**
 * The `accounts` of a server that lets in these three users and nobody else.
 *
 * @param passwords - by role; absent: who it is, is said by the certificate (`verify_and_map`).
 */
export function natsAccounts(passwords?: Readonly<Record<NatsRole, string>>): string {
  const user = (role: NatsRole, permissions = ''): string => {
    const password = passwords && `, password: ${JSON.stringify(passwords[role])}`;
    return `{ user: ${JSON.stringify(role)}${password ?? ''}${permissions} }`;
  };
  const exported = new Set(Object.values(REQUESTS).flat());
  const lines = [
    'accounts {',
    `  ${STORE_ACCOUNT} {`,
    '    jetstream: enabled',
    `    users: [${user('coordinator')}]`,
    '    exports: [',
    ...[...exported].map((subject) => `      ${exportOf(subject)}`),
    '    ]',
    '  }',
  ];
  for (const role of WORKER_ROLES) {
    const allowed = REQUESTS[role].map((subject) => JSON.stringify(subject)).join(', ');
    lines.push(
      `  ${WORKER_ACCOUNTS[role]} {`,
      '    users: [',
      `      ${user(
        role,
        `, permissions: {
        publish: { allow: [${allowed}] }
        subscribe: { allow: ["${natsInbox(role)}.>"] }
      }`,
      )}`,
      '    ]',
      '    imports: [',
      ...REQUESTS[role].map(
        (subject) =>
          `      { service: { account: ${STORE_ACCOUNT}, subject: ${JSON.stringify(subject)} } }`,
      ),
      '    ]',
      '  }',
    );
  }
  lines.push('}');
  return `${lines.join('\n')}\n`;
}

function exportOf(subject: string): string {
  const accounts = WORKER_ROLES.filter((role) => REQUESTS[role].includes(subject)).map(
    (role) => WORKER_ACCOUNTS[role],
  );
  const answers = subject === TICKET_PULLS ? ', response_type: stream' : '';
  return `{ service: ${JSON.stringify(subject)}${answers}, accounts: [${accounts.join(', ')}] }`;
}
