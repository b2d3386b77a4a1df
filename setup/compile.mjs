/** `npm run build`: packages and compiled workspaces, nothing that is needed for running alone. */
import { setUpBuild } from './build.mjs';
import { orExit } from './command.mjs';
import { setUpPackages } from './packages.mjs';
import { CHECKOUT } from './places.mjs';

await orExit(async (signal) => {
  await setUpPackages({ checkout: CHECKOUT, signal });
  await setUpBuild({ checkout: CHECKOUT, signal });
});
