import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import path from 'node:path';
import { isEncryptedKey, makeFolder, readGivenIfThere, TLS_FILES } from '@lyceum/platform';
import type { CertificateAndKey } from '@lyceum/platform/certificates';
import { folderPath, wholeNumber } from '@lyceum/platform/flags';
import { LyceumError } from '@lyceum/proto';
import { type Command, InvalidArgumentError } from 'commander';
import { writeNewFile } from '../files/index.js';
import { globalOptions, print } from '../session/index.js';

const AUTHORITY_KEY = 'ca.key';
/** Modes of a new folder, and of a new file with a certificate or a key. */
const FOLDER_OWNER_ONLY = 0o700;
const OWNER_ONLY = 0o600;

/** Greatest size of a certificate or key. */
const FILE_MAX_BYTES = 1024 ** 2;

const AUTHORITY_NAME = 'Lyceum cluster';
/** Certificates become invalid with their authority, so the authority is valid for long. */
const AUTHORITY_DAYS = 3650;

/** Hosts of a port-forward, or of a cluster on one machine. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '::1'];

/** Names are used for folders, common names and DNS names. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const DNS_NAME = /^(?:\*\.)?[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/i;

/** Programs that serve. All other names get certificates that are valid for calls only. */
const PROGRAMS: readonly string[] = ['coordinator', 'nats', 'teacher-worker', 'student-worker'];

interface Flags {
  readonly dir: string;
  readonly program: readonly string[];
  readonly host: readonly string[];
  readonly days: number;
}

export function addCertificates(program: Command): void {
  program
    .command('certificates')
    .description('issue certificates for mutual TLS, from an authority of your own')
    .argument(
      '[names...]',
      `who they are for: programs (${PROGRAMS.join(', ')}), and people, who only call`,
      checkedName,
    )
    .option(
      '--dir <dir>',
      'folder of the authority, made if there is none',
      folderPath,
      './certificates',
    )
    .option(
      '--host <name>',
      'DNS name or IP address at which the programs serve, beside their own name and localhost; may be repeated',
      checkedHost,
      [],
    )
    .option(
      '--program <name>',
      'another name of a program that serves; may be repeated',
      checkedName,
      [],
    )
    .option('--days <n>', 'days that they are valid', wholeNumber(1, AUTHORITY_DAYS), 365)
    .addHelpText(
      'after',
      `
Writes DIR/NAME/${Object.values(TLS_FILES).join(', ')}, for --tls-dir. A name that exists already gets a new certificate. The
authority is made if DIR has none, for ten years. Anyone who has DIR/${AUTHORITY_KEY} can issue certificates.

Examples:
  coordinator certificates coordinator nats teacher-worker student-worker alice
  coordinator --tls-dir certificates/alice workers`,
    )
    .action(async (names: readonly string[], flags: Flags, command: Command) => {
      const written = await issue(names, flags);
      print(globalOptions(command).output, written, () =>
        written.map(
          ({ folder, serves, validTo }) =>
            `${folder} is valid until ${validTo}${serves ? '' : ', only for calls'}`,
        ),
      );
    });
}

interface Issued {
  readonly name: string;
  readonly folder: string;
  /** False: the certificate's holder only calls. */
  readonly serves: boolean;
  /** ISO 8601. */
  readonly validTo: string;
}

async function issue(
  given: readonly string[],
  { dir, program, host, days }: Flags,
): Promise<readonly Issued[]> {
  const names = [...new Set([...given, ...program])];
  if (names.length === 0) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      'want the names of the programs or people that the certificates are for',
    );
  }
  const servers = names.filter((name) => PROGRAMS.includes(name) || program.includes(name));
  if (host.length > 0 && servers.length === 0) {
    const message = `--host is for programs that serve, but ${names.join(', ')} only call; name a program, or give --program NAME`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const { issueCertificate, validFor } = await import('@lyceum/platform/certificates');
  const authority = await authorityIn(dir);
  const { fromMs, toMs } = validFor(days, Date.now());
  const validity = { fromMs, toMs: Math.min(toMs, endOf(authority, dir)) };
  const issued: Issued[] = [];
  for (const name of names) {
    const folder = path.join(dir, name);
    const isServer = servers.includes(name);
    const hosts = isServer ? [...new Set([name, ...LOCAL_HOSTS, ...host])] : [];
    const { certificate, key } = await issueCertificate(authority, { name, hosts }, validity);
    await makeFolder(folder, { mode: FOLDER_OWNER_ONLY });
    await write(path.join(folder, TLS_FILES.ca), authority.certificate);
    await write(path.join(folder, TLS_FILES.certificate), certificate);
    await write(path.join(folder, TLS_FILES.key), key);
    const validTo = new Date(validity.toMs).toISOString();
    issued.push({ name, folder, serves: isServer, validTo });
  }
  return issued;
}

/**
 * When the authority ends, and all its certificates with it; Unix time, milliseconds.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if it has ended.
 */
function endOf({ certificate }: CertificateAndKey, dir: string): number {
  const { validTo } = new X509Certificate(certificate);
  const endMs = Date.parse(validTo);
  if (endMs > Date.now()) return endMs;
  const message = `the authority in ${dir} was valid until ${validTo}; name another --dir for a new one`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

/**
 * Reads the authority in a folder, or makes one.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if one of its two files is missing, or the key is not of the certificate.
 */
async function authorityIn(dir: string): Promise<CertificateAndKey> {
  const certificateFile = path.join(dir, TLS_FILES.ca);
  const keyFile = path.join(dir, AUTHORITY_KEY);
  const [certificate, key] = [textOf(certificateFile), textOf(keyFile)];
  if (certificate !== undefined && key !== undefined) {
    if (belongTogether(certificate, key)) return { certificate, key };
    if (isEncryptedKey(key)) {
      const message = `${keyFile} is encrypted; want it without a passphrase (openssl pkey -in FILE -out FILE)`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    throw new LyceumError('INVALID_ARGUMENT', `${keyFile} is not the key of ${certificateFile}`);
  }
  if (certificate !== undefined || key !== undefined) {
    const [there, lacking] =
      key === undefined ? [certificateFile, keyFile] : [keyFile, certificateFile];
    const message = `there is ${there}, but no ${lacking}: an authority needs both; name another --dir for a new one`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const { createAuthority, validFor } = await import('@lyceum/platform/certificates');
  const authority = await createAuthority(AUTHORITY_NAME, validFor(AUTHORITY_DAYS, Date.now()));
  await makeFolder(dir, { mode: FOLDER_OWNER_ONLY });
  await write(keyFile, authority.key);
  await write(certificateFile, authority.certificate);
  return authority;
}

function belongTogether(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** Undefined: there is no such file. */
function textOf(file: string): string | undefined {
  return readGivenIfThere(file, FILE_MAX_BYTES, 'INVALID_ARGUMENT')?.toString();
}

/** Replaces an earlier file: certificates are renewed this way. */
function write(file: string, text: string): Promise<void> {
  return writeNewFile(file, text, true, OWNER_ONLY);
}

function checkedHost(host: string, others: readonly string[]): readonly string[] {
  if (isIP(host) !== 0 || DNS_NAME.test(host)) return [...others, host];
  throw new InvalidArgumentError('want a DNS name or an IP address, without a port.');
}

function checkedName(name: string, others: readonly string[] = []): readonly string[] {
  if (NAME.test(name)) return [...others, name];
  throw new InvalidArgumentError('want small letters, digits and hyphens, at most 63.');
}
