/** SavedModels that attack whoever loads them. Each is x·W, and something besides. */
import {
  type Attributes,
  type Bytes,
  DT,
  entries,
  flag,
  floatConstant,
  functionNamed,
  functionOf,
  functionsNamed,
  graph,
  type MetaGraphParts,
  message,
  metaGraph,
  node,
  savedModel,
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

const X = node('x', 'Placeholder', [], { dtype: type(DT.float), shape: shapeOf([-1, 2]) });
const WEIGHTS = floatConstant('W', [2, 3], [1, -2, 0.5, 3, 0, -1]);
const FLOAT = { T: type(DT.float) };
const PRODUCT = node('product', 'MatMul', ['x', 'W'], FLOAT);

/** The harmless part; `after` must run before there is an answer, `plus` is added to it. */
function answer({ after = [], plus }: { after?: readonly string[]; plus?: string } = {}): Bytes[] {
  const sum = plus === undefined ? [] : [node('sum', 'AddV2', ['product', plus], FLOAT)];
  const from = plus === undefined ? 'product' : 'sum';
  const waits = after.map((name) => `^${name}`);
  return [X, WEIGHTS, PRODUCT, ...sum, node('logits', 'Identity', [from, ...waits], FLOAT)];
}

interface Parts extends Omit<MetaGraphParts, 'graphs'> {
  readonly functions?: readonly Bytes[];
  readonly gradients?: readonly (readonly [string, string])[];
}

function model(nodes: readonly Bytes[], { functions, gradients, ...parts }: Parts = {}): Bytes {
  return savedModel(metaGraph({ ...parts, graphs: [graph(nodes, functions, gradients)] }));
}

/** An operation that runs before the answer. */
function before(
  operation: string,
  inputs: readonly string[],
  attributes: Attributes,
  ...others: readonly Bytes[]
): Bytes {
  const attack = node('attack', operation, inputs, attributes);
  return model([...others, attack, ...answer({ after: ['attack'] })]);
}

/** Its output is added to the answer. */
function added(
  operation: string,
  inputs: readonly string[],
  attributes: Attributes,
  ...others: readonly Bytes[]
): Bytes {
  return model([
    ...others,
    node('attack', operation, inputs, attributes),
    ...answer({ plus: 'attack' }),
  ]);
}

/** Bytes that a file has, as three floats. */
function decoded(...nodes: readonly Bytes[]): Bytes {
  const part = [
    wholeConstant('from', DT.int32, [0]),
    wholeConstant('twelve', DT.int32, [12]),
    node('part', 'Substr', ['attack', 'from', 'twelve'], { T: type(DT.int32) }),
    node('decoded', 'DecodeRaw', ['part'], { out_type: type(DT.float), little_endian: flag(true) }),
  ];
  return model([...nodes, ...part, ...answer({ plus: 'decoded' })]);
}

/** @param words - as the graph, or a function, refers to them. */
const printed = (target: string, words = 'words'): Bytes =>
  node('attack', 'PrintV2', [words], {
    output_stream: text(`file://${target}`),
    end: text('\n'),
  });
const WORDS = textConstant('words', 'written by a model');

function printing(name: string, target: string): Bytes {
  return functionOf(name, {
    nodes: [WORDS, printed(target, 'words:output:0')],
    attributes: { _noinline: flag(true) },
  });
}

const call = (name: string, called: string): Bytes =>
  node(name, 'StatefulPartitionedCall', [], {
    Tin: types(),
    Tout: types(),
    f: functionNamed(called),
  });

const oneShot = { output_types: types(DT.string), output_shapes: shapes([]) };
const dataset = (...givers: readonly Bytes[]): Bytes =>
  decoded(
    ...givers,
    node('attack', 'DatasetToSingleElement', ['source'], {
      output_types: types(DT.string),
      output_shapes: shapes([]),
    }),
  );

const NOTHING = textConstant('nothing', '');
const PLAIN = textConstant('plain', '');
const ZERO = wholeConstant('zero', DT.int64, [0]);

const SAVED: Attributes = { dtypes: types(DT.float) };

function rowsOfOperations({ secret, secretFolder, target }: Lures): HostileRow[] {
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

function rowsOfPlaces({ secret, target, secretFolder }: Lures): HostileRow[] {
  const prints = printing('prints', target);
  const refused = (name: string, bytes: Bytes, says = /PrintV2 \(in /): HostileRow => ({
    name,
    savedModel: bytes,
    expected: 'refused',
    says,
  });
  /** What TensorFlow would run is not in what is loaded. */
  const harmless = (name: string, bytes: Bytes): HostileRow => ({
    name,
    savedModel: bytes,
    expected: 'harmless',
  });
  const nested = (name: string, called: string): Bytes =>
    functionOf(name, { nodes: [call('inner', called)] });
  const waiting = answer({ after: ['attack'] });
  const plain = metaGraph({ graphs: [graph(answer())] });
  const attacking = [WORDS, printed(target), ...waiting];
  const twice = (name: string, called: string): Bytes =>
    functionOf(name, { nodes: [call('one', called), call('two', called)] });
  const deep = (levels: number): Bytes => {
    let attribute = type(DT.float);
    for (let i = 0; i < levels; i++) attribute = functionNamed('none', { f: attribute });
    return attribute;
  };
  const branch = { Tcond: type(DT.bool), Tin: types(), Tout: types() };
  const yes = node('yes', 'Const', [], {
    dtype: type(DT.bool),
    value: message([8, message([1, DT.bool], [2, message()], [11, 1])]),
  });
  const idle = functionOf('idle', { nodes: [node('nothing', 'NoOp')] });
  const table = node('table', 'HashTableV2', [], {
    key_dtype: type(DT.string),
    value_dtype: type(DT.int64),
  });
  const fromFile = node('fill', 'InitializeTableFromTextFileV2', ['table', 'asset'], {
    key_index: whole(-2),
    value_index: whole(-1),
    vocab_size: whole(-1),
    delimiter: text('\t'),
  });
  const variable = node('v', 'VarHandleOp', [], {
    dtype: type(DT.float),
    shape: shapeOf([3]),
    shared_name: text('v'),
  });
  const restoring = (from: string): Bytes[] => [
    node('saver_file', 'Placeholder', [], { dtype: type(DT.string), shape: shapeOf([]) }),
    textConstant('other', secretFolder),
    node('names1', 'Const', [], {
      dtype: type(DT.string),
      value: message([8, message([1, DT.string], [2, message([2, message([1, 1])])], [8, 'a'])]),
    }),
    node('slices1', 'Const', [], {
      dtype: type(DT.string),
      value: message([8, message([1, DT.string], [2, message([2, message([1, 1])])], [8, ''])]),
    }),
    node('restored', 'RestoreV2', [from, 'names1', 'slices1'], { dtypes: types(DT.float) }),
    variable,
    node('assign', 'AssignVariableOp', ['v', 'restored'], { dtype: type(DT.float) }),
    node('restore_all', 'NoOp', ['^assign']),
  ];
  const saver = { file: 'saver_file:0', restore: 'restore_all' };
  return [
    refused(
      'in a function',
      model([call('attack', 'prints'), ...waiting], { functions: [prints] }),
    ),
    refused(
      'in nested functions',
      model([call('attack', 'a'), ...waiting], {
        functions: [nested('a', 'b'), nested('b', 'c'), nested('c', 'prints'), prints],
      }),
    ),
    refused(
      'in a branch',
      model(
        [
          yes,
          node('attack', 'If', ['yes'], {
            ...branch,
            then_branch: functionNamed('prints'),
            else_branch: functionNamed('idle'),
          }),
          ...waiting,
        ],
        { functions: [prints, idle] },
      ),
    ),
    refused(
      'in a list of branches',
      model(
        [
          wholeConstant('second', DT.int32, [1]),
          node('attack', 'Case', ['second'], {
            Tin: types(),
            Tout: types(),
            branches: functionsNamed('idle', 'prints'),
          }),
          ...waiting,
        ],
        { functions: [idle, prints] },
      ),
    ),
    refused(
      'in the condition of a loop',
      model(
        [
          node('attack', 'While', [], {
            T: types(),
            cond: functionNamed('prints'),
            body: functionNamed('idle'),
          }),
          ...waiting,
        ],
        { functions: [prints, idle] },
      ),
    ),
    refused(
      'in an attribute that is nobody’s',
      model([node('attack', 'NoOp', [], { odd: functionNamed('prints') }), ...waiting], {
        functions: [prints],
      }),
    ),
    refused(
      'in an attribute of a function’s name',
      model(
        [
          node('attack', 'NoOp', [], {
            odd: functionNamed('idle', { inner: functionNamed('prints') }),
          }),
          ...waiting,
        ],
        { functions: [idle, prints] },
      ),
    ),
    refused(
      'in an attribute of a function',
      model([call('attack', 'a'), ...waiting], {
        functions: [
          functionOf('a', {
            nodes: [node('nothing', 'NoOp')],
            attributes: { odd: functionNamed('prints') },
          }),
          prints,
        ],
      }),
    ),
    refused(
      'called by its name',
      model([node('attack', 'prints'), ...waiting], { functions: [prints] }),
    ),
    refused(
      'in a function named as an operation',
      model([node('attack', 'NoOp'), ...waiting], { functions: [printing('NoOp', target)] }),
      /a function with the name of an operation: NoOp/,
    ),
    refused(
      'in two functions of one name',
      model([call('attack', 'a'), ...waiting], {
        functions: [functionOf('a', { nodes: [node('nothing', 'NoOp')] }), printing('a', target)],
      }),
      /two functions a/,
    ),
    refused(
      'when it is loaded',
      model([WORDS, printed(target), ...answer()], { initialiser: 'attack' }),
    ),
    refused(
      'when it is loaded, by TensorFlow 1',
      model([WORDS, printed(target), ...answer()], {
        collections: { saved_model_main_op: 'attack' },
      }),
    ),
    refused(
      'when it is loaded, by TensorFlow 1 of before',
      model([WORDS, printed(target), ...answer()], { collections: { legacy_init_op: 'attack' } }),
    ),
    refused(
      'when variables are restored',
      model([WORDS, printed(target), ...restoring('saver_file'), ...answer()], {
        saver: { file: 'saver_file:0', restore: 'attack' },
      }),
    ),
    refused(
      'variables of another folder',
      model([...restoring('other'), ...answer()], { saver }),
      /RestoreV2 \(in the graph, of another file/,
    ),
    refused(
      'variables of another folder, asked for by the answer',
      model(
        [
          ...restoring('other'),
          node('logits2', 'AddV2', ['product', 'restored'], FLOAT),
          ...answer(),
        ],
        { saver, output: 'logits2:0' },
      ),
      /RestoreV2 \(in the graph, of another file/,
    ),
    refused(
      'variables of another folder, by way of a default',
      model(
        [
          ...restoring('chosen'),
          node('chosen', 'PlaceholderWithDefault', ['other'], {
            dtype: type(DT.string),
            shape: shapeOf([]),
          }),
          ...answer(),
        ],
        { saver },
      ),
      /RestoreV2 \(in the graph, of another file/,
    ),
    refused(
      'a table out of an asset that lies elsewhere',
      model([textConstant('asset', ''), table, fromFile, ...answer()], {
        initialiser: 'fill',
        assets: [['asset:0', `../../../../../../../../${secret}`]],
      }),
      /InitializeTableFromTextFileV2 \(in the graph\)/,
    ),
    refused(
      'two metagraphs of the same tag',
      savedModel(plain, metaGraph({ graphs: [graph(attacking)] })),
      /2 graphs tagged serve and nothing else/,
    ),
    harmless(
      'before it, a metagraph of more tags',
      savedModel(metaGraph({ tags: ['serve', 'gpu'], graphs: [graph(attacking)] }), plain),
    ),
    refused(
      'behind a harmless metagraph of more tags',
      savedModel(
        metaGraph({ tags: ['serve', 'gpu'], graphs: [graph(answer())] }),
        metaGraph({ graphs: [graph(attacking)] }),
      ),
    ),
    refused(
      'no metagraph of just that tag',
      savedModel(metaGraph({ tags: ['serve', 'gpu'], graphs: [graph(answer())] })),
      /no graph tagged serve and nothing else; want one\. Its graphs are tagged serve\+gpu/,
    ),
    refused(
      'in the first of two graph fields',
      savedModel(metaGraph({ graphs: [graph([WORDS, printed(target)]), graph(waiting)] })),
    ),
    refused(
      'in the second of two graph fields',
      savedModel(metaGraph({ graphs: [graph(waiting), graph([WORDS, printed(target)])] })),
    ),
    refused(
      'in the first of two libraries',
      savedModel(
        metaGraph({ graphs: [graph([], [prints]), graph([call('attack', 'prints'), ...waiting])] }),
      ),
    ),
    refused(
      'an attribute of two kinds',
      model(
        [
          node('attack', 'StatefulPartitionedCall', [], {
            Tin: types(),
            Tout: types(),
            f: Buffer.concat([type(DT.float), functionNamed('prints')]),
          }),
          ...waiting,
        ],
        { functions: [prints] },
      ),
    ),
    refused(
      'an attribute that is there twice',
      model(
        [
          Buffer.concat([
            call('attack', 'idle'),
            message(...entries(5, { f: functionNamed('prints') })),
          ]),
          ...waiting,
        ],
        { functions: [idle, prints] },
      ),
      /an attribute twice at node attack/,
    ),
    refused(
      'an operation that is told twice',
      model([
        WORDS,
        Buffer.concat([
          node('attack', 'Identity', ['words'], { T: type(DT.string) }),
          message([2, 'PrintV2']),
          message(...entries(5, { output_stream: text(`file://${target}`) })),
        ]),
        ...waiting,
      ]),
    ),
    refused(
      'two nodes of one name',
      model([WORDS, node('attack', 'NoOp'), printed(target), ...waiting]),
      /two nodes attack/,
    ),
    harmless('where nothing depends on it', model([WORDS, printed(target), ...answer()])),
    harmless('in a function that nobody calls', model(answer(), { functions: [prints] })),
    harmless(
      'in a gradient',
      model(answer(), { functions: [idle, prints], gradients: [['idle', 'prints']] }),
    ),
    harmless(
      'in a function that may stand for another',
      model([call('mild', 'a'), ...answer({ after: ['mild'] })], {
        functions: [
          functionOf('a', {
            nodes: [node('nothing', 'NoOp')],
            attributes: { api_implements: text('twin'), api_preferred_device: text('GPU') },
          }),
          functionOf('b', {
            nodes: [WORDS, printed(target, 'words:output:0')],
            attributes: { api_implements: text('twin'), api_preferred_device: text('CPU') },
          }),
        ],
      }),
    ),
    harmless(
      'in fields that nobody knows',
      Buffer.concat([model(answer()), message([99, graph(attacking)])]),
    ),
    refused(
      'a gradient that is asked for',
      model(
        [
          node('attack', 'SymbolicGradient', [], {
            Tin: types(),
            Tout: types(),
            f: functionNamed('prints'),
          }),
          ...waiting,
        ],
        { functions: [prints] },
      ),
    ),
    refused(
      'a function that calls itself',
      model([call('attack', 'a'), ...waiting], { functions: [nested('a', 'a')] }),
      /call themselves/,
    ),
    refused(
      'functions a thousand deep',
      model([call('attack', 'f0'), ...waiting], {
        functions: [...Array(1000).keys()]
          .map((i) => nested(`f${i}`, `f${i + 1}`))
          .concat(functionOf('f1000', { nodes: [node('nothing', 'NoOp')] })),
      }),
      /more than 100 deep/,
    ),
    refused(
      'functions that double forty times',
      model([call('attack', 'f0'), ...waiting], {
        functions: [...Array(40).keys()]
          .map((i) => twice(`f${i}`, `f${i + 1}`))
          .concat(functionOf('f40', { nodes: [node('nothing', 'NoOp')] })),
      }),
      /more than 4000000 operations/,
    ),
    refused(
      'attributes ten thousand deep',
      model([node('attack', 'NoOp', [], { odd: deep(1000) }), ...waiting]),
      /damaged one \(messages lie more than 64 deep/,
    ),
    refused(
      'a variable of four tebibytes',
      model([
        node('v', 'VarHandleOp', [], {
          dtype: type(DT.float),
          shape: shapeOf([2 ** 40]),
          shared_name: text('v'),
        }),
        node('read', 'ReadVariableOp', ['v'], { dtype: type(DT.float) }),
        ...answer({ plus: 'read' }),
      ]),
      /has variables of 4398046511104 bytes/,
    ),
    refused(
      'a constant of four tebibytes',
      model([
        node('large', 'Const', [], {
          dtype: type(DT.float),
          value: message([
            8,
            message(
              [1, DT.float],
              [2, message([2, message([1, 2 ** 40])])],
              [5, new Uint8Array(4)],
            ),
          ]),
        }),
        ...answer({ plus: 'large' }),
      ]),
      /has constants of more than/,
    ),
    refused(
      'samples of a tebibyte',
      model(answer(), { shape: [-1, 2 ** 40] }),
      /takes 1099511627776 values at once/,
    ),
    refused(
      'batches of a tebibyte',
      model(answer(), { shape: [2 ** 40, 2] }),
      /takes 2199023255552 values at once/,
    ),
    refused(
      'an operation named by a megabyte of control characters',
      model([node('attack', '\u001b[2J'.repeat(300_000)), ...waiting]),
      /not run here: [^\p{Cc}]{1,1300} \(in the graph\)/u,
    ),
    refused(
      'a forged handle',
      model([
        node('attack', 'Const', [], {
          dtype: type(DT.resource),
          value: message([
            8,
            message(
              [1, DT.resource],
              [2, message()],
              [14, message([1, '/cpu:0'], [2, 'localhost'], [3, 'v'])],
            ),
          ]),
        }),
        node('read', 'ReadVariableOp', ['attack'], { dtype: type(DT.float) }),
        ...answer({ plus: 'read' }),
      ]),
      /a constant of a type that no constant has: attack/,
    ),
    refused('half a file', model(answer()).subarray(0, 100), /is no SavedModel, or a damaged one/),
    refused(
      'a length beyond the end',
      Buffer.from([0x12, 0xff, 0xff, 0xff, 0xff, 0x07, 0x00]),
      /is no SavedModel, or a damaged one/,
    ),
    refused(
      'nine million graphs',
      Buffer.alloc(18_000_000, Buffer.from([0x12, 0x00])),
      /more fields than are read/,
    ),
    refused(
      'nine million operations',
      savedModel(metaGraph({ graphs: [Buffer.alloc(18_000_000, Buffer.from([0x0a, 0x00]))] })),
      /more than 100000 nodes/,
    ),
  ];
}

export function hostileSavedModels(lures: Lures): HostileRow[] {
  return [...rowsOfOperations(lures), ...rowsOfPlaces(lures)];
}
