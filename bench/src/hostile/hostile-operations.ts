/** SavedModels with operations that reach files, or anything else than tensors in memory. */
import {
  type Attributes,
  type Bytes,
  DT,
  flag,
  floatConstant,
  functionNamed,
  message,
  node,
  shapeOf,
  shapes,
  text,
  textConstant,
  texts,
  type,
  types,
  whole,
  wholeConstant,
} from './graph-bytes.js';
import type { HostileRow, Lures } from './hostile-row.js';
import {
  added,
  answer,
  before,
  dataset,
  decoded,
  model,
  NOTHING,
  oneShot,
  PLAIN,
  SAVED,
  WORDS,
  ZERO,
} from './model-with-attack.js';

export function hostileOperations({ secret, secretFolder, target }: Lures): HostileRow[] {
  const file = textConstant('file', secret);
  const bundle = textConstant('bundle', secretFolder);
  const place = textConstant('place', target);
  const names = node('names1', 'Const', [], {
    dtype: type(DT.string),
    value: message([8, message([1, DT.string], [2, message([2, message([1, 1])])], [8, 'a'])]),
  });
  const empties = node('empties', 'Const', [], {
    dtype: type(DT.string),
    value: message([8, message([1, DT.string], [2, message([2, message([1, 1])])], [8, ''])]),
  });
  const reader = (operation: string, attributes: Attributes = {}): Bytes =>
    decoded(
      file,
      node('reader', operation, [], attributes),
      node('queue', 'FIFOQueueV2', [], { component_types: types(DT.string) }),
      node('put', 'QueueEnqueueV2', ['queue', 'file'], { Tcomponents: types(DT.string) }),
      node('read', 'ReaderReadV2', ['reader', 'queue', '^put']),
      node('attack', 'Identity', ['read:1'], { T: type(DT.string) }),
    );
  const refused = (name: string, bytes: Bytes): HostileRow => ({
    name,
    savedModel: bytes,
    expected: 'refused',
    says: /has operations that are not run here: .*; only those run/,
  });
  return [
    refused(
      'PrintV2 to a file',
      before('PrintV2', ['words'], { output_stream: text(`file://${target}`) }, WORDS),
    ),
    refused('Print', before('Print', ['W', 'W'], { T: type(DT.float), U: types(DT.float) })),
    refused(
      'ImmutableConst',
      added('ImmutableConst', [], {
        dtype: type(DT.float),
        shape: shapeOf([3]),
        memory_region_name: text(secret),
      }),
    ),
    refused('ReadFile', decoded(file, node('attack', 'ReadFile', ['file']))),
    refused('WriteFile', before('WriteFile', ['place', 'words'], {}, place, WORDS)),
    refused(
      'MatchingFiles',
      decoded(
        file,
        node('found', 'MatchingFiles', ['file']),
        node('attack', 'ReduceJoin', ['found', 'axis'], {}),
        wholeConstant('axis', DT.int32, [0]),
      ),
    ),
    refused(
      'SaveV2 to a constant',
      before('SaveV2', ['place', 'names1', 'empties', 'W'], SAVED, place, names, empties),
    ),
    refused('Save', before('Save', ['place', 'names1', 'W'], { T: types(DT.float) }, place, names)),
    refused(
      'SaveSlices',
      before(
        'SaveSlices',
        ['place', 'names1', 'empties', 'W'],
        { T: types(DT.float) },
        place,
        names,
        empties,
      ),
    ),
    refused(
      'DistributedSave',
      before(
        'DistributedSave',
        ['source', 'place', 'words'],
        {},
        node('source', 'RangeDataset', ['zero', 'zero', 'zero'], {
          output_types: types(DT.int64),
          output_shapes: shapes([]),
        }),
        ZERO,
        place,
        WORDS,
      ),
    ),
    refused(
      'MergeV2Checkpoints',
      before(
        'MergeV2Checkpoints',
        ['prefixes', 'place'],
        {},
        textConstant('prefixes', secret, secret),
        place,
      ),
    ),
    refused(
      'RestoreV2 of another file',
      added('RestoreV2', ['bundle', 'names1', 'empties'], SAVED, bundle, names, empties),
    ),
    refused(
      'Restore',
      added('Restore', ['file', 'name'], { dt: type(DT.float) }, file, textConstant('name', 'a')),
    ),
    refused(
      'RestoreSlice',
      added(
        'RestoreSlice',
        ['file', 'name', 'nothing'],
        { dt: type(DT.float) },
        file,
        NOTHING,
        textConstant('name', 'a'),
      ),
    ),
    refused(
      'TextLineDataset',
      dataset(file, PLAIN, ZERO, node('source', 'TextLineDataset', ['file', 'plain', 'zero'])),
    ),
    refused(
      'TFRecordDataset',
      dataset(file, PLAIN, ZERO, node('source', 'TFRecordDataset', ['file', 'plain', 'zero'])),
    ),
    refused(
      'FixedLengthRecordDatasetV2',
      dataset(
        file,
        PLAIN,
        ZERO,
        wholeConstant('size', DT.int64, [12]),
        node('source', 'FixedLengthRecordDatasetV2', [
          'file',
          'zero',
          'size',
          'zero',
          'zero',
          'plain',
        ]),
      ),
    ),
    refused(
      'SqlDataset',
      dataset(
        textConstant('driver', 'sqlite'),
        place,
        textConstant('query', 'select 1'),
        node('source', 'SqlDataset', ['driver', 'place', 'query'], oneShot),
      ),
    ),
    refused(
      'CacheDatasetV2',
      dataset(
        place,
        node('inner', 'TensorDataset', ['words'], {
          Toutput_types: types(DT.string),
          output_shapes: shapes([]),
        }),
        WORDS,
        node('cache', 'DummyMemoryCache'),
        node('source', 'CacheDatasetV2', ['inner', 'place', 'cache'], oneShot),
      ),
    ),
    refused(
      'SaveDatasetV2',
      dataset(
        place,
        node('inner', 'TensorDataset', ['words'], {
          Toutput_types: types(DT.string),
          output_shapes: shapes([]),
        }),
        WORDS,
        node('source', 'SaveDatasetV2', ['inner', 'place'], {
          ...oneShot,
          shard_func: functionNamed('shard'),
          use_shard_func: flag(false),
          Tshard_func_args: types(),
        }),
      ),
    ),
    refused(
      'LoadDataset',
      dataset(
        file,
        node('source', 'LoadDataset', ['file'], {
          ...oneShot,
          reader_func: functionNamed('read'),
          Treader_func_args: types(),
        }),
      ),
    ),
    refused(
      'CreateSummaryFileWriter',
      model([
        place,
        ZERO,
        wholeConstant('max', DT.int32, [1]),
        wholeConstant('flush', DT.int32, [1]),
        textConstant('suffix', '.x'),
        node('writer', 'SummaryWriter'),
        node('attack', 'CreateSummaryFileWriter', ['writer', 'place', 'max', 'flush', 'suffix']),
        ...answer({ after: ['attack'] }),
      ]),
    ),
    refused(
      'CreateSummaryDbWriter',
      model([
        place,
        WORDS,
        node('writer', 'SummaryWriter'),
        node('attack', 'CreateSummaryDbWriter', ['writer', 'place', 'words', 'words', 'words']),
        ...answer({ after: ['attack'] }),
      ]),
    ),
    refused('TextLineReaderV2', reader('TextLineReaderV2')),
    refused('WholeFileReaderV2', reader('WholeFileReaderV2')),
    refused(
      'FixedLengthRecordReaderV2',
      reader('FixedLengthRecordReaderV2', { record_bytes: whole(12) }),
    ),
    refused(
      'RecordInput',
      decoded(
        node('records', 'RecordInput', [], { file_pattern: text(secret) }),
        node('attack', 'ReduceJoin', ['records', 'axis']),
        wholeConstant('axis', DT.int32, [0]),
      ),
    ),
    refused(
      'LoadAndRemapMatrix',
      added(
        'LoadAndRemapMatrix',
        ['file', 'name', 'rows', 'rows', 'fill'],
        { num_rows: whole(1), num_cols: whole(3) },
        file,
        textConstant('name', 'a'),
        wholeConstant('rows', DT.int64, [0, 1]),
        floatConstant('fill', [0], []),
      ),
    ),
    refused(
      'GenerateVocabRemapping',
      before(
        'GenerateVocabRemapping',
        ['file', 'file'],
        { new_vocab_offset: whole(0), num_new_vocab: whole(1) },
        file,
      ),
    ),
    refused(
      'FixedUnigramCandidateSampler',
      before(
        'FixedUnigramCandidateSampler',
        ['classes'],
        {
          vocab_file: text(secret),
          num_true: whole(1),
          num_sampled: whole(1),
          unique: flag(true),
          range_max: whole(1),
        },
        node('classes', 'Const', [], {
          dtype: type(DT.int64),
          value: message([
            8,
            message(
              [1, DT.int64],
              [2, message([2, message([1, 1])], [2, message([1, 1])])],
              [10, 0],
            ),
          ]),
        }),
      ),
    ),
    refused(
      'DebugIdentityV3',
      before('DebugIdentityV3', ['W'], {
        T: type(DT.float),
        debug_urls: texts(`file://${target}`),
        tensor_name: text('W:0'),
      }),
    ),
    refused(
      'DumpTensor',
      before('DumpTensor', ['W'], { log_dir_path: text(target), tensor_name: text('W') }),
    ),
    refused(
      'PyFunc',
      added('PyFunc', [], { token: text('pyfunc_0'), Tin: types(), Tout: types(DT.float) }),
    ),
    refused(
      'EagerPyFunc',
      added('EagerPyFunc', [], { token: text('pyfunc_0'), Tin: types(), Tout: types(DT.float) }),
    ),
    refused('Abort', before('Abort', [], { error_msg: text('ended by a model') })),
    refused(
      'RpcServer',
      before('RpcServer', ['address'], {}, textConstant('address', '127.0.0.1:0')),
    ),
    refused(
      'FileSystemSetConfiguration',
      before('FileSystemSetConfiguration', ['words', 'words', 'words'], {}, WORDS),
    ),
    refused(
      'RemoteCall',
      before(
        'RemoteCall',
        ['device'],
        { Tin: types(), Tout: types(), f: functionNamed('prints') },
        textConstant('device', '/cpu:0'),
      ),
    ),
    refused(
      'XlaCallModule',
      before('XlaCallModule', [], {
        version: whole(9),
        module: text(''),
        Sout: shapes(),
        Tout: types(),
        Tin: types(),
      }),
    ),
    refused(
      'memory that nobody wrote',
      added(
        'Empty',
        ['sizes'],
        { dtype: type(DT.float), init: flag(false) },
        wholeConstant('sizes', DT.int32, [1, 3]),
      ),
    ),
  ];
}
