/** The format of models behind Open Inference servers, for the table of formats. */
import type { ModelFormat } from '../../models/index.js';
import {
  describeRemote,
  parseRemotePackage,
  REMOTE_MEMBER,
  type RemotePackage,
} from './remote-package.js';

export const openInference = {
  name: 'open-inference',
  engine: 'open-inference',
  member: REMOTE_MEMBER,
  parse: parseRemotePackage,
  describe: describeRemote,
  mayReadColumns: true,
  isRemote: true,
  isAskedAtLoad: true,
} as const satisfies ModelFormat<RemotePackage>;
