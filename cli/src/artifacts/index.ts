/** Commands that models and data sets share. */
export {
  addArtifactDelete,
  addArtifactList,
  addArtifactShow,
  printPushed,
  pushArtifact,
} from './artifact-commands.js';
