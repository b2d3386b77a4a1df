/**
 * The completion scripts in their shells, as far as these are installed (bash is), against the commander program and
 * against names of a real cluster.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createLogger, RpcServer, SERVICES, unary } from '@lyceum/platform';
import { ListRunsResponse } from '@lyceum/proto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { CLI_FILE, runCli } from '../commands/cli-process.js';
import { smallSetBytes } from '../commands/small-set.js';
import { startCluster } from '../local-cluster/cluster-runs.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const NOBODY = '127.0.0.1:1';
const folder = mkdtempSync(join(tmpdir(), 'lyceum-test-'));
symlinkSync(CLI_FILE, join(folder, 'coordinator'));
afterAll(() => rmSync(folder, { recursive: true }));

/** By shell: a program that prints the completions of its last argument. */
const DRIVERS = {
  bash: `source ./completion.bash
COMP_WORDS=(coordinator "$@"); COMP_CWORD=$#
_coordinator
printf '%s\\n' "\${COMPREPLY[@]}"`,
  // _describe itself works only while a line is being edited.
  zsh: `compdef() { : }
_describe() { for one in "\${described[@]}"; do [[ $one == $words[CURRENT]* ]] && print -r -- "\${one%%:*}"; done }
source ./completion.zsh
words=(coordinator "$@"); CURRENT=$#words
_coordinator
true`,
  fish: `source ./completion.fish
complete -C"coordinator $argv" | string split -f1 \\t
true`,
} as const;

type Shell = keyof typeof DRIVERS;

beforeAll(async () => {
  for (const shell of Object.keys(DRIVERS)) {
    const { stdout } = await runCli(NOBODY, 'completion', shell);
    writeFileSync(join(folder, `completion.${shell}`), stdout);
  }
});

const isInstalled = (shell: Shell) => spawnSync(shell, ['--version']).status === 0;

function offered(shell: Shell, address: string, ...words: string[]): string[] {
  const PATH = `${folder}${delimiter}${process.env['PATH']}`;
  const file = join(folder, `driver.${shell}`);
  writeFileSync(file, DRIVERS[shell]);
  const starting = { bash: ['--norc', '--noprofile'], zsh: ['-f'], fish: ['--no-config'] }[shell];
  const output = execFileSync(shell, [...starting, file, ...words], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...process.env, PATH, LYCEUM_COORDINATOR: address, HOME: folder, TERM: 'dumb' },
  });
  return output.split('\n').filter((line) => line !== '');
}

describe.each(['bash', 'zsh', 'fish'] as const)('completion in %s', (shell) => {
  const inShell = test.runIf(isInstalled(shell));
  const offer = (...words: string[]) => offered(shell, NOBODY, ...words);

  inShell('offers commands and subcommands', () => {
    const commands = offer('');
    for (const name of ['submit', 'watch', 'wait', 'models']) {
      expect(commands).toContain(name);
    }
    expect(commands).not.toContain('completion-names');
    expect(offer('val')).toEqual(['validate']);
    expect(offer('models', 'p')).toEqual(['push']);
    expect(offer('-o', 'json', 'workers', 'r')).toEqual(['release']);
  });

  inShell('offers options of the command and those of every command', () => {
    const options = offer('submit', '--');
    expect(options).toEqual(expect.arrayContaining(['--set', '--dry-run', '--coordinator']));
    expect(offer('submit', 'run.yaml', '--w').sort()).toEqual(['--wait', '--watch']);
    expect(offer('targets', 'export', '--fl')).toEqual(['--float16']);
  });

  inShell('offers the choices of options and arguments', () => {
    expect(offer('list', '-o', '').sort()).toEqual(['json', 'table', 'yaml']);
    expect(offer('wait', 'digits', '--for', 'S')).toEqual(['SUCCEEDED']);
    expect(offer('schema', 'r').sort()).toEqual(['report', 'run']);
    // A value that is the name of a command is a value.
    expect(offer('submit', '--run-id', 'models', '--dr')).toEqual(['--dry-run']);
  });

  inShell('offers no names and prints no error without a coordinator', () => {
    expect(offer('watch', '')).toEqual([]);
  });
});

test('completion in bash does not run the words that it offers', () => {
  const own = mkdtempSync(join(folder, 'own-'));
  const command = '$(touch ran)';
  writeFileSync(join(own, 'coordinator'), `#!/bin/sh\necho '${command}'\n`, { mode: 0o755 });
  const driver = `PATH=${own}${delimiter}$PATH\n${DRIVERS.bash}`;
  writeFileSync(join(folder, 'driver.bash'), driver);
  const words = ['driver.bash', 'watch', ''];
  const output = execFileSync('bash', ['--norc', ...words], { encoding: 'utf8', cwd: folder });
  expect(output).toBe(`${command}\n`);
  expect(readdirSync(folder)).not.toContain('ran');
});

test('completion-names leaves out malformed names of a coordinator', async () => {
  const log = createLogger({ name: 'test', level: 'silent' });
  const answer = { runs: ['$(touch ran)', '\u001b[2J', 'digits'].map((runId) => ({ runId })) };
  const server = await RpcServer.start({
    address: '127.0.0.1:0',
    insecure: false,
    log,
    services: [
      [SERVICES.cluster, { getVersion: unary(log, async () => ({ version: '0.1.0' })) }],
      [SERVICES.run, { listRuns: unary(log, async () => ListRunsResponse.fromPartial(answer)) }],
    ],
  });
  try {
    const { stdout } = await runCli(server.address, 'completion-names', 'runs');
    expect(stdout).toBe('digits\n');
  } finally {
    await server.stop(0);
  }
});

test('completion in bash offers names of runs and data sets of the coordinator', async () => {
  const cluster = await startCluster({
    teacherWorkers: 0,
    studentWorkers: 0,
  });
  try {
    const npz = join(folder, 'small.npz');
    writeFileSync(npz, smallSetBytes());
    const pushed = await runCli(cluster.address, 'datasets', 'push', 'small', npz);
    expect(pushed.code).toBe(0);
    const run = join(folder, 'run.yaml');
    writeFileSync(
      run,
      'apiVersion: lyceum.dev/v1alpha1\nkind: Training\nmetadata: { name: tiny }\nspec: { dataset: small, student: { model: { architecture: mlp } } }\n',
    );
    expect((await runCli(cluster.address, 'submit', run)).code).toBe(0);
    expect(offered('bash', cluster.address, 'watch', '')).toEqual(['tiny']);
    expect(offered('bash', cluster.address, 'datasets', 'show', 's')).toEqual(['small']);
    expect(offered('bash', cluster.address, 'models', 'show', '')).toEqual([]);
  } finally {
    await cluster.stop();
  }
});
