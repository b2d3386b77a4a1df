/** Models behind Open Inference servers: the package that names the server and the model. open-inference/ asks them. */
export { openInference } from './open-inference.js';
export {
  describeRemote,
  encodeRemotePackage,
  noiseOf,
  type RemotePackage,
  tensorText,
} from './remote-package.js';
