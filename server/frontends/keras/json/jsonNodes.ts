/** Reading JSON with its places: every check names the line of what is wrong. */
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { DEEPEST_JSON, isNestedDeeper } from '../../../files/jsonDepth';
import { type SourceLocation, UserError } from '../../../protocol/errors';

/** A JSON document whose nodes can be traced to lines. */
export interface JsonDocument {
  readonly file: string;
  readonly root: Node;
  /** Place of a character offset; lines and columns count from 1. */
  locate(offset: number): SourceLocation;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function locator(text: string, file: string): (offset: number) => SourceLocation {
  const starts = lineStarts(text);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return { file, line: low + 1, column: offset - starts[low] + 1 };
  };
}

/** `InvalidSymbol` as "invalid symbol". */
function inWords(error: ParseError): string {
  return printParseErrorCode(error.error)
    .replace(/([A-Z])/g, ' $1')
    .trim()
    .toLowerCase();
}

/** @throws UserError with the line of the first mistake. */
export function parseJson(text: string, file: string): JsonDocument {
  if (isNestedDeeper(text)) {
    throw new UserError(`This is nested deeper than ${DEEPEST_JSON} levels, so it is no model.`, {
      location: { file, line: 1, column: 1 },
    });
  }
  const errors: ParseError[] = [];
  const start = text.startsWith('\uFEFF') ? 1 : 0;
  const root = parseTree(start ? ` ${text.slice(1)}` : text, errors, { disallowComments: true });
  const locate = locator(text, file);
  if (root === undefined || errors.length > 0) {
    const what = errors[0] ? inWords(errors[0]) : 'the file is empty';
    throw new UserError(`This is not valid JSON: ${what}.`, {
      location: locate(errors[0]?.offset ?? 0),
      hint: 'Write the file anew with model.to_json() or model.save().',
    });
  }
  return { file, root, locate };
}

/** The value of `node[key]`, or undefined. */
export function child(node: Node | undefined, key: string): Node | undefined {
  return node?.type === 'object' ? findNodeAtLocation(node, [key]) : undefined;
}

/** Elements of an array or values of an object. */
export function elements(node: Node): Node[] {
  if (node.type === 'array') return node.children ?? [];
  return (node.children ?? []).map((property) => property.children![1]).filter((value) => value !== undefined);
}

export function stringValue(node: Node | undefined): string | undefined {
  return node?.type === 'string' ? (node.value as string) : undefined;
}

export function numberValue(node: Node | undefined): number | undefined {
  return node?.type === 'number' ? (node.value as number) : undefined;
}

export function plainValue(node: Node): unknown {
  return getNodeValue(node);
}

/** An error at `node`. */
export function errorAt(document: JsonDocument, node: Node, message: string, hint?: string): UserError {
  return new UserError(message, { location: document.locate(node.offset), ...(hint !== undefined && { hint }) });
}
