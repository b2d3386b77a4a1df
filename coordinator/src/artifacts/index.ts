/** Models and data sets by name: their bytes in and out, what is in them, whether they fit each other. */
export { ArtifactCatalog, type NamedArtifact } from './artifact-catalog.js';
export { ArtifactLookup, type FoundStudent, type NamedTeacher } from './artifact-lookup.js';
export { checkedBlob, headerAndChunks, UPLOAD_STALL_MS } from './blob-chunks.js';
export { DOWNLOAD_STALL_MS, Downloads } from './downloads.js';
export {
  type ArtifactKindName,
  type DatasetOutline,
  pictureBytesOf,
} from './inspect-artifact.js';
export { layerProblems, studentProblems } from './model-problems.js';
export { RemoteModels } from './remote-models.js';
