/** Reading and checking what people write: YAML, and pieces of schemas whose problems say what would be right. */
export {
  boundsProblem,
  choose,
  flag,
  isMapping,
  list,
  listed,
  number,
  pathText,
  problemsOf,
  section,
  text,
  wants,
  wholeNumber,
  word,
} from './document-schema.js';
export { ownName, ownSettings } from './plugin-schema.js';
export { parseYamlDocument } from './yaml-document.js';
