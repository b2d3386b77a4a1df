/** Models behind Open Inference servers: the package that says which. How they are asked is in open-inference/. */
export {
  describeRemote,
  encodeRemotePackage,
  noiseOf,
  parseRemotePackage,
  REMOTE_MEMBER,
  type RemotePackage,
  tensorText,
} from './remote-package.js';
