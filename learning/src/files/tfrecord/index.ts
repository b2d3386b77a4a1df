/** TFRecord: TensorFlow's file of records, with sums. */
export {
  isTfRecordWhole,
  RECORD_FOOTER_BYTES,
  RECORD_HEADER_BYTES,
  tfRecord,
  tfRecordLength,
} from './tfrecord.js';
