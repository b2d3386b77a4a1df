import { createLogger, Wakeup } from '@lyceum/platform';
import { wholeNumber } from '@lyceum/platform/flags';
import type { Command } from 'commander';
import { DASHBOARD_ADDRESS, openDashboard, startBrowser } from '../dashboard/index.js';
import { freeAddress } from '../local-cluster/index.js';
import { withCoordinator } from '../session/index.js';

interface DashboardFlags {
  readonly port?: number;
  readonly open?: true;
}

export function addDashboard(program: Command): void {
  program
    .command('dashboard')
    .description('show the cluster in a browser on this machine, until Ctrl-C')
    .option(
      '--port <n>',
      'on 127.0.0.1; 0 takes a free one (default: 7780, or a free port if that is taken)',
      wholeNumber(0, 65_535),
    )
    .option('--open', 'start the browser')
    .addHelpText(
      'after',
      `
Prints an address that lets one browser in, once. Nobody else on the network can reach it. The page uses the
certificate of --tls-dir, so it may do what this command line may: look, cancel, resume, retry, release.

Examples:
  coordinator dashboard
  coordinator --coordinator gpu-box:7700 --tls-dir certificates/alice dashboard --open`,
    )
    .action((flags: DashboardFlags, command: Command) =>
      withCoordinator(command, async ({ client, globals, notice, signal }) => {
        const log = createLogger({ name: 'dashboard', level: globals.logLevel });
        const address =
          flags.port === undefined
            ? await freeAddress(DASHBOARD_ADDRESS)
            : `127.0.0.1:${flags.port}`;
        const dashboard = await openDashboard(client, address, log);
        process.stdout.write(`${dashboard.oneTimeUrl}\n`);
        notice(`That address lets one browser in, once; after that it is at ${dashboard.url}`);
        notice('Ctrl-C ends it.');
        const browser = flags.open ? await startBrowser(dashboard.oneTimeUrl, notice) : undefined;
        await new Wakeup().wait({ signal });
        await Promise.all([dashboard.close(), browser?.forget()]);
      }),
    );
}
