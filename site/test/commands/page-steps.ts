/**
 * The steps of a page's reader: commands are the lines of `sh` blocks; a block in another language whose first line is
 * a comment with a file's name (`# run.yaml`) is that file. Pure.
 */

const BLOCK = /^```(\w+)\n(.*?)^```/gms;
const FILE_NAME = /^(?:#|\/\/|<!--) (\S+\.\w+)(?: -->)?\n/;
/** The beginning of the next command. An indented line, and the end of a loop, belong to the command before. */
const NEXT_COMMAND = /\n(?!\s|done\b|$)/;

export type PageStep =
  | { readonly kind: 'command'; readonly text: string }
  | { readonly kind: 'file'; readonly name: string; readonly text: string };

export function pageSteps(markdown: string): PageStep[] {
  return [...markdown.matchAll(BLOCK)].flatMap(([, language, text = '']): PageStep[] => {
    if (language === 'sh') return commandsIn(text).map((text) => ({ kind: 'command', text }));
    const name = FILE_NAME.exec(text)?.[1];
    return name === undefined ? [] : [{ kind: 'file', name, text }];
  });
}

export function commandsOf(markdown: string): string[] {
  return pageSteps(markdown).flatMap((step) => (step.kind === 'command' ? [step.text] : []));
}

function commandsIn(block: string): string[] {
  return block
    .split(NEXT_COMMAND)
    .map((command) => command.trim())
    .filter((command) => command !== '' && !command.startsWith('#'));
}
