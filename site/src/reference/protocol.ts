/**
 * The page about the protocol, from buf's descriptors of the .proto files: services, messages and enums with their
 * comments. Pure.
 *
 * Numbers in the paths of comments are the field numbers in descriptor.proto.
 */
import { slugOf } from '../page-links.js';
import type { Described } from './described.js';
import { code, page, plain, table } from './markdown.js';

interface Field {
  readonly name: string;
  readonly number: number;
  readonly label?: string;
  readonly type: string;
  readonly typeName?: string;
  readonly oneofIndex?: number;
  readonly proto3Optional?: boolean;
}

interface Message {
  readonly name: string;
  readonly field?: readonly Field[];
  readonly oneofDecl?: readonly { readonly name: string }[];
  readonly nestedType?: readonly (Message & {
    readonly options?: { readonly mapEntry?: boolean };
  })[];
}

interface Method {
  readonly name: string;
  readonly inputType: string;
  readonly outputType: string;
  readonly clientStreaming?: boolean;
  readonly serverStreaming?: boolean;
}

interface ProtoFile {
  readonly name: string;
  readonly package: string;
  readonly messageType?: readonly Message[];
  readonly enumType?: readonly {
    readonly name: string;
    readonly value: readonly { readonly name: string; readonly number?: number }[];
  }[];
  readonly service?: readonly { readonly name: string; readonly method: readonly Method[] }[];
  readonly sourceCodeInfo?: {
    readonly location: readonly {
      readonly path?: readonly number[];
      readonly leadingComments?: string;
      readonly trailingComments?: string;
    }[];
  };
}

/** Files as `buf build --as-file-descriptor-set -o -#format=json` prints them. */
export interface DescriptorSet {
  readonly file: readonly ProtoFile[];
}

const MESSAGES = 4;
const ENUMS = 5;
const SERVICES = 6;
/** Field number of a message's fields, of an enum's values, of a service's calls. */
const MEMBERS = 2;

const PACKAGE = 'lyceum.v1';

export function protocolPage(intro: string, set: DescriptorSet): string {
  const files = filesOf(set);
  const calls = callsOf(files);
  return page(
    '# Protocol',
    intro,
    ...files.flatMap((file) => servicesOf(file)),
    ...files.flatMap((file) => messagesOf(file, calls)),
    ...files.flatMap((file) => enumsOf(file)),
  );
}

/** A call's two messages, and an enum's value for none, need no comment of their own: the page describes them. */
export function describedProtocol(set: DescriptorSet): Described[] {
  const files = filesOf(set);
  const calls = callsOf(files);
  return files.flatMap((file) => {
    const comment = commentsOf(file);
    const group = (
      kind: number,
      groups: readonly {
        readonly name: string;
        readonly members: readonly { readonly name: string }[];
      }[],
    ) =>
      groups.flatMap(({ name, members }, index) => [
        { path: name, text: comment(kind, index) || (calls.get(name) ?? '') },
        ...members.map((member, at) => ({
          path: `${name}.${member.name}`,
          text: comment(kind, index, MEMBERS, at) || unspecified(member.name),
        })),
      ]);
    const { messageType = [], enumType = [], service = [] } = file;
    return [
      ...group(
        MESSAGES,
        messageType.map(({ name, field = [] }) => ({ name, members: field })),
      ),
      ...group(
        ENUMS,
        enumType.map(({ name, value }) => ({ name, members: value })),
      ),
      ...group(
        SERVICES,
        service.map(({ name, method }) => ({ name, members: method })),
      ),
    ];
  });
}

/** Descriptions of the messages that calls take and return, as Markdown, by the message's name. */
function callsOf(files: readonly ProtoFile[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { name, inputType, outputType } of files.flatMap(({ service = [] }) =>
    service.flatMap(({ method }) => method),
  )) {
    texts.set(lastName(inputType), `The request of ${linkTo(name)}.`);
    texts.set(lastName(outputType), `The response of ${linkTo(name)}.`);
  }
  return texts;
}

function linkTo(name: string): string {
  return `[${name}](#${slugOf(name)})`;
}

/** The description of an enum's zero value, which means none; `''`: the name is that of another value. */
function unspecified(name: string): string {
  return name.endsWith('_UNSPECIFIED') ? 'No value is given.' : '';
}

/** The project's own files, without the inference servers' protocol. */
function filesOf(set: DescriptorSet): readonly ProtoFile[] {
  return set.file.filter((file) => file.package === PACKAGE);
}

function servicesOf(file: ProtoFile): string[] {
  const comment = commentsOf(file);
  return (file.service ?? []).flatMap(({ name, method }, index) => [
    `## ${name}`,
    prose(comment(SERVICES, index)),
    ...method.flatMap((call, at) => [
      `### ${call.name}`,
      `${side(call.inputType, call.clientStreaming)} → ${side(call.outputType, call.serverStreaming)}`,
      prose(comment(SERVICES, index, MEMBERS, at)),
    ]),
  ]);
}

function side(type: string, isStream = false): string {
  return `${isStream ? 'stream of ' : ''}${typeLink(type)}`;
}

function messagesOf(file: ProtoFile, calls: ReadonlyMap<string, string>): string[] {
  const comment = commentsOf(file);
  return (file.messageType ?? []).flatMap((message, index) => [
    `## ${message.name}`,
    prose(comment(MESSAGES, index)) || (calls.get(message.name) ?? ''),
    table(
      ['field', 'number', 'type', 'what'],
      (message.field ?? []).map((field, at) => [
        code(field.name),
        String(field.number),
        fieldType(message, field),
        cellProse(comment(MESSAGES, index, MEMBERS, at)),
      ]),
    ),
  ]);
}

function enumsOf(file: ProtoFile): string[] {
  const comment = commentsOf(file);
  return (file.enumType ?? []).flatMap(({ name, value }, index) => [
    `## ${name}`,
    prose(comment(ENUMS, index)),
    table(
      ['value', 'number', 'what'],
      value.map((one, at) => [
        code(one.name),
        String(one.number ?? 0),
        cellProse(comment(ENUMS, index, MEMBERS, at)) || unspecified(one.name),
      ]),
    ),
  ]);
}

function fieldType(message: Message, field: Field): string {
  const entry = message.nestedType?.find(
    ({ name, options }) => options?.mapEntry === true && field.typeName?.endsWith(`.${name}`),
  );
  if (entry !== undefined) {
    const [key, value] = (entry.field ?? []).map((part) => scalar(part));
    return `map of ${key} to ${value}`;
  }
  const words = scalar(field);
  if (field.label === 'LABEL_REPEATED') return `list of ${words}`;
  if (field.proto3Optional === true) return `${words}, optional`;
  const choice = message.oneofDecl?.[field.oneofIndex ?? -1];
  return choice === undefined ? words : `${words}, one of ${code(choice.name)}`;
}

function scalar(field: Field): string {
  if (field.typeName !== undefined) return typeLink(field.typeName);
  return field.type.replace(/^TYPE_/, '').toLowerCase();
}

function typeLink(typeName: string): string {
  return linkTo(lastName(typeName));
}

/** The type's name without its package. */
function lastName(typeName: string): string {
  return typeName.split('.').at(-1) ?? typeName;
}

/** @returns a function from a path of numbers to the comment there; `''`: there is no comment. */
function commentsOf(file: ProtoFile): (...path: readonly number[]) => string {
  const found = new Map<string, string>();
  for (const { path = [], leadingComments, trailingComments } of file.sourceCodeInfo?.location ??
    []) {
    const text = leadingComments ?? trailingComments;
    if (text !== undefined) found.set(path.join('.'), text);
  }
  return (...path) => unindented(found.get(path.join('.')) ?? '');
}

/** The text of a comment, without the space after the slashes of each line. */
function unindented(comment: string): string {
  return comment.replace(/^ /gm, '').trim();
}

/** A line that begins with error codes: `NOT_FOUND; ALREADY_EXISTS  why`, or only a code. */
const ERROR_LINE = /^[A-Z]+(?:_[A-Z]+)+/;

/** The paragraphs of a comment; lines of error codes become a list. */
function prose(comment: string): string {
  return comment
    .split(/\n\s*\n/)
    .map((paragraph) =>
      ERROR_LINE.test(paragraph) ? errorList(paragraph) : plain(joined(paragraph)),
    )
    .join('\n\n');
}

function errorList(paragraph: string): string {
  return paragraph
    .split(/\n(?=[A-Z]+_[A-Z])/)
    .map((line) => {
      const text = line.replace(/\n\s*/g, ' ').replace(/^([A-Z_; ]+?)\s{2,}/, '$1: ');
      return `- ${plain(text).replace(/[A-Z]+(?:\\_[A-Z]+)+/g, (name) => code(name.replaceAll('\\', '')))}`;
    })
    .join('\n');
}

function cellProse(comment: string): string {
  return comment
    .split(/\n\s*\n/)
    .map((paragraph) => plain(joined(paragraph)))
    .join('<br>');
}

function joined(paragraph: string): string {
  return paragraph.replace(/\s*\n\s*/g, ' ');
}
