/** Numbers, names, tables, bars and curves as text, for any kind of data. */
export { barText, curveText } from './blocks.js';
export { namesText, pathText } from './names-text.js';
export {
  ageText,
  bytesText,
  countText,
  durationText,
  fixed,
  orUnknown,
  percentText,
  pluralText,
  points,
  probability,
  secondsText,
  signed,
  timeText,
} from './number-text.js';
export { shellWord } from './shell-word.js';
export { type Column, tableLines } from './table.js';
export { hanging, indented } from './text-lines.js';
export { cutToWidth, textWidth } from './text-width.js';
