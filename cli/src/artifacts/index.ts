/** What the commands of models and of data sets have in common. */
export {
  addArtifactDelete,
  addArtifactList,
  addArtifactShow,
  printPushed,
  pushArtifact,
} from './artifact-commands.js';
