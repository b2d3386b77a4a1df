/** Models behind Open Inference servers: the package that says which. How they are asked is in open-inference/. */
export { openInference } from './open-inference.js';
export {
  encodeRemotePackage,
  noiseOf,
  type RemotePackage,
  tensorText,
} from './remote-package.js';
