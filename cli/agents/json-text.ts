// Adds values to JSON text and removes them without changing another byte, comments included.
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
  stripComments,
} from 'jsonc-parser';

export type JsonPath = readonly (string | number)[];

/** The message has position and reason. Comments and trailing commas are allowed. */
export class JsonSyntaxError extends Error {}

/** Throws JsonSyntaxError, also for a key that occurs twice in an object. */
export function parseJsonText(text: string): unknown {
  return getNodeValue(treeOf(text));
}

/** Appends to the array or, with `key`, to the object at `path`, in the style of its neighbors. */
export function append(text: string, path: JsonPath, value: unknown, key?: string): string {
  const container = nodeAt(treeOf(text), path);
  const style = styleOf(text);
  const render = (indent: string | null): string => {
    const name =
      key === undefined ? '' : `${JSON.stringify(key)}:${indent === null && style.isDense ? '' : ' '}`;
    return name + renderValue(value, indent, style);
  };
  const last = container.children?.at(-1);
  if (last === undefined) return fillEmpty(text, container, style, render);
  const space = /\s*$/.exec(text.slice(0, last.offset))?.[0] ?? '';
  const indent = space.includes('\n') ? space.slice(space.lastIndexOf('\n') + 1) : null;
  const gap = indent === null ? (style.isDense ? '' : ' ') : style.eol + indent;
  const end = last.offset + last.length;
  const rest = text.slice(end, container.offset + container.length - 1);
  const comma = stripComments(rest, ' ').indexOf(',');
  // A comment after the last value stays with that value.
  const remark = /^[ \t]*(?:\/\/[^\r\n]*|\/\*.*?\*\/(?=[ \t]*[\r\n]))/.exec(rest.slice(comma + 1))?.[0] ?? '';
  const at = end + comma + 1 + remark.length;
  return `${text.slice(0, end)}${comma < 0 ? ',' : ''}${text.slice(end, at)}${gap}${render(indent)}${text.slice(at)}`;
}

/** Removes the value at `path` with its comma. */
export function remove(text: string, path: JsonPath): string {
  const found = nodeAt(treeOf(text), path);
  const item = found.parent?.type === 'property' ? found.parent : found;
  const container = item.parent;
  const siblings = container?.children ?? [];
  const i = siblings.indexOf(item);
  const before = siblings[i - 1];
  const after = siblings[i + 1];
  const end = item.offset + item.length;
  if (before !== undefined) {
    const from = before.offset + before.length;
    const comma = from + stripComments(text.slice(from, item.offset), ' ').indexOf(',');
    const kept = text.slice(comma + 1, item.offset).trimEnd();
    return text.slice(0, comma) + kept + text.slice(end);
  }
  if (after !== undefined) return text.slice(0, item.offset) + text.slice(after.offset);
  if (container === undefined) return text;
  return `${text.slice(0, container.offset + 1)}${text.slice(container.offset + container.length - 1)}`;
}

/** Replaces the string or number at `path`. */
export function replace(text: string, path: JsonPath, value: string | number): string {
  const { offset, length } = nodeAt(treeOf(text), path);
  return text.slice(0, offset) + JSON.stringify(value) + text.slice(offset + length);
}

interface Style {
  readonly eol: string;
  readonly unit: string;
  /** The whole text is one line. */
  readonly isFlat: boolean;
  /** No spaces after colons and commas. */
  readonly isDense: boolean;
}

function styleOf(text: string): Style {
  const isFlat = !text.trim().includes('\n') && !/^\{\s*\}$/.test(text.trim());
  return {
    eol: text.includes('\r\n') ? '\r\n' : '\n',
    unit: /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ',
    isFlat,
    isDense: isFlat && !/[:,] /.test(text),
  };
}

/** Renders one line when `indent` is null. */
function renderValue(value: unknown, indent: string | null, { unit, eol, isDense }: Style): string {
  if (indent !== null) return JSON.stringify(value, null, unit).replaceAll('\n', eol + indent);
  if (isDense) return JSON.stringify(value);
  // The indented form without its line breaks, as people write one line.
  return JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ').replace(/\[ /g, '[').replace(/ \]/g, ']');
}

function fillEmpty(
  text: string,
  container: Node,
  style: Style,
  render: (indent: string | null) => string,
): string {
  const start = container.offset + 1;
  const end = container.offset + container.length - 1;
  const inside = text.slice(start, end).trimEnd();
  if (style.isFlat) return text.slice(0, start) + inside + render(null) + text.slice(end);
  const line = text.slice(text.lastIndexOf('\n', container.offset) + 1);
  const outer = /^[ \t]*/.exec(line)?.[0] ?? '';
  const inner = outer + style.unit;
  return `${text.slice(0, start)}${inside}${style.eol}${inner}${render(inner)}${style.eol}${outer}${text.slice(end)}`;
}

function treeOf(text: string): Node {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined) throw syntaxError(text, error.offset, printParseErrorCode(error.error));
  if (tree === undefined) throw syntaxError(text, 0, 'the file is empty');
  // A path finds the first of two equal keys, but a reader of JSON takes the last one.
  const twice = repeatedKey(tree);
  if (twice !== null)
    throw syntaxError(text, twice.offset, `the key ${JSON.stringify(twice.value)} occurs twice`);
  return tree;
}

/** The first key that an earlier property of its object has too. */
function repeatedKey(node: Node): Node | null {
  const keys = new Set<unknown>();
  for (const child of node.children ?? []) {
    const key = child.type === 'property' ? child.children?.[0] : undefined;
    if (key !== undefined && keys.has(key.value)) return key;
    keys.add(key?.value);
    const inside = repeatedKey(child);
    if (inside !== null) return inside;
  }
  return null;
}

function syntaxError(text: string, offset: number, what: string): JsonSyntaxError {
  const lines = text.slice(0, offset).split('\n');
  return new JsonSyntaxError(`line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}: ${what}`);
}

function nodeAt(tree: Node, path: JsonPath): Node {
  const node = findNodeAtLocation(tree, [...path]);
  if (node === undefined) throw new Error(`nothing at ${path.join('.')}`);
  return node;
}
