/** TFRecords as shards. */
export { indexTfRecord } from './index-tfrecord.js';
