/**
 * Rights in NATS: the accounts of a server's configuration, and the names that programs need of them. Pure.
 *
 * Each role has its own account; streams and buckets are in the coordinator's account only. Permissions within one
 * account would not be enough. NATS checks the subject that a client publishes to, but not the reply subject. So a
 * client that may read one stream could have the reply written into any other, by naming a pointer's subject as its
 * reply subject. Between accounts only the requests listed here pass, and replies go to the account that asked.
 */
import { BLOB_BUCKET, TICKET_STREAM } from './subjects.js';

/** The programs that speak to NATS. The command line does not. */
export const NATS_ROLES = ['coordinator', 'teacher-worker', 'student-worker'] as const;

/** Also the name of the role's user, and the name in its certificate. */
export type NatsRole = (typeof NATS_ROLES)[number];

type WorkerRole = Exclude<NatsRole, 'coordinator'>;

/** JetStream's name for the stream that holds the object store. */
const BLOB_STREAM = `OBJ_${BLOB_BUCKET}`;

/** Requests that look up and read models, sets and checkpoints in the blob store. */
const BLOB_READS = [
  '$JS.API.INFO',
  `$JS.API.STREAM.INFO.${BLOB_STREAM}`,
  `$JS.API.STREAM.MSG.GET.${BLOB_STREAM}`,
  `$JS.API.DIRECT.GET.${BLOB_STREAM}`,
] as const;

/** A pull of a ticket. It gets several replies: heartbeats, then the ticket. */
const TICKET_PULLS = `$JS.API.CONSUMER.MSG.NEXT.${TICKET_STREAM}.*`;

/** All requests that workers may send. Student workers write nothing: the coordinator writes for them. */
const REQUESTS: Readonly<Record<WorkerRole, readonly string[]>> = {
  'teacher-worker': [
    ...BLOB_READS,
    `$JS.API.CONSUMER.INFO.${TICKET_STREAM}.*`,
    TICKET_PULLS,
    `$JS.ACK.${TICKET_STREAM}.>`,
  ],
  'student-worker': BLOB_READS,
};

/** The coordinator's account. NATS keeps its streams in a folder of this name. */
export const STORE_ACCOUNT = 'LYCEUM';

const WORKER_ACCOUNTS: Readonly<Record<WorkerRole, string>> = {
  'teacher-worker': 'LYCEUM_TEACHER_WORKERS',
  'student-worker': 'LYCEUM_STUDENT_WORKERS',
};

const WORKER_ROLES = Object.keys(WORKER_ACCOUNTS) as readonly WorkerRole[];

/** Prefix of the reply subjects of a role: no other role can listen there. */
export function natsInbox(role: NatsRole): string {
  return `_INBOX_${role}`;
}

/**
 * The `accounts` section of a server's configuration, which lets in these three users only.
 *
 * @param passwords - by role; absent: certificates name the users (`verify_and_map`).
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
