/** SavedModels that hide a hostile operation, or that show a checker another graph than the one that runs. */
import {
  type Bytes,
  DT,
  entries,
  functionNamed,
  functionOf,
  functionsNamed,
  graph,
  message,
  metaGraph,
  node,
  savedModel,
  shapeOf,
  text,
  textConstant,
  type,
  types,
  whole,
  wholeConstant,
} from './graph-bytes.js';
import type { HostileRow, Lures } from './hostile-row.js';
import { answer, call, FLOAT, model, printed, printing, WORDS } from './model-with-attack.js';

export function hostilePlaces({ secret, target, secretFolder }: Lures): HostileRow[] {
  const prints = printing('prints', target);
  const refused = (name: string, bytes: Bytes, says = /PrintV2 \(in /): HostileRow => ({
    name,
    savedModel: bytes,
    expected: 'refused',
    says,
  });
  /** Models whose hostile part, which TensorFlow would run, is left out of the loaded graph. */
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
  ];
}
