/** `npm run build`: installs packages and compiles workspaces. Parts that only running needs are left out. */
import { setUpBuild } from './build.mjs';
import { orExit } from './command.mjs';
import { setUpPackages } from './packages.mjs';
import { CHECKOUT } from './places.mjs';

await orExit(async (signal) => {
  await setUpPackages({ checkout: CHECKOUT, signal });
  await setUpBuild({ checkout: CHECKOUT, signal });
});
