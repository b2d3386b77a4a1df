import { flag, folderPath } from '@lyceum/platform/flags';
import { natsCredentialsIn } from '@lyceum/platform/nats';
import { printable } from '@lyceum/proto';
import { type Command, Option } from 'commander';
import { diagnose, type Finding } from '../doctor/index.js';
import { hanging } from '../printing/text/index.js';
import {
  type Colour,
  CommandExit,
  EXIT,
  globalOptions,
  interruptible,
  painter,
  print,
} from '../session/index.js';
import { VERSION } from '../version.js';

interface DoctorFlags {
  readonly nats?: string;
  readonly natsCredentials?: string;
  readonly stateDir: string;
}

const COLOURS: Readonly<Record<Finding['level'], Colour>> = {
  ok: 'green',
  warning: 'yellow',
  fault: 'red',
};

export function addDoctor(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command('doctor')
    .description('look for what is wrong with this machine and its cluster, and say how to mend it')
    .addOption(
      flag(
        '--nats <url>',
        'the NATS of a coordinator that was started with serve; default: coordinator up has its own',
        'LYCEUM_NATS_URL',
      ),
    )
    .addOption(
      new Option('--nats-credentials <file>', 'user and password for it, as JSON').env(
        'LYCEUM_NATS_CREDENTIALS',
      ),
    )
    .addOption(
      flag('--state-dir <dir>', 'whose disk is looked at', 'LYCEUM_STATE_DIR')
        .argParser(folderPath)
        .default('./lyceum-state'),
    )
    .addHelpText(
      'after',
      `
Looks at Node, certificates, the coordinator, its workers and their versions, the clock, NATS, the engine, the GPU and
disks. It changes nothing.

Exit status: 1 if there is a fault. A warning is not a fault.

Examples:
  coordinator doctor
  coordinator doctor --coordinator lyceum.example:7700 --tls-dir certificates/alice
  coordinator doctor --nats nats://127.0.0.1:4222 -o json`,
    )
    .action(async (flags: DoctorFlags, command: Command) => {
      const { output, coordinator, tlsDir, cache } = globalOptions(command);
      const { nats, stateDir } = flags;
      const natsCredentials = natsCredentialsIn(flags.natsCredentials);
      const patient = { coordinator, tlsDir, nats, natsCredentials, stateDir, cache, env };
      const findings: Finding[] = [];
      await interruptible(async (signal) => {
        for await (const finding of diagnose({ ...patient, version: VERSION }, signal)) {
          findings.push(finding);
          if (output === 'table') process.stdout.write(`${findingLine(finding)}\n`);
        }
      });
      const isSound = findings.every(({ level }) => level !== 'fault');
      if (output !== 'table') print(output, { ok: isSound, findings }, () => []);
      if (!isSound) throw new CommandExit(EXIT.failed);
    });
}

function findingLine({ check, level, message, remedy }: Finding): string {
  const text = remedy === undefined ? message : `${message}; to mend: ${remedy}`;
  const mark = painter(process.stdout)(COLOURS[level], level.padEnd(7));
  return `${mark}  ${check.padEnd(12)}  ${printable(hanging(text))}`;
}
