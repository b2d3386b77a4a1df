/** Files of the command line: specifications, options that change them, files that it writes. */
export { refuseExisting, replaceFile, writeNewFile, writeNewFiles } from './output-file.js';
export { readYaml } from './read-yaml.js';
export { RefusedList } from './refused-list.js';
export {
  addSetting,
  applySetting,
  type FieldPath,
  parseFieldPath,
  type Setting,
} from './set-option.js';
export {
  addShardPlaceOptions,
  belowRoot,
  openShardObjects,
  type ShardPlaceFlags,
} from './shard-objects.js';
export {
  readDocumentText,
  readSpecificationDocument,
  readSpecificationFile,
  sourceName,
} from './specification-file.js';
