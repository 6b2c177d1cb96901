/** Python's syntax as a tree that survives unfinished text. */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/python';
import type { TextRange } from '../../types';

export type { SyntaxNode } from '@lezer/common';

/** A text with its tree and the places of its lines. */
export interface Source {
  readonly root: SyntaxNode;
  textOf(node: SyntaxNode): string;
  rangeOf(node: SyntaxNode): TextRange;
}

export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

/** Node and all below it, but for what is below a node that `isLeft` says to leave. */
export function* descendantsOf(
  node: SyntaxNode,
  isLeft: (node: SyntaxNode) => boolean = () => false,
): Generator<SyntaxNode> {
  // Expressions can be as deep as they are long.
  const left = [node];
  for (let next = left.pop(); next; next = left.pop()) {
    yield next;
    for (const child of childrenOf(next).reverse()) if (!isLeft(child)) left.push(child);
  }
}

function startsOfLines(text: string): readonly number[] {
  const starts = [0];
  for (const { index } of text.matchAll(/\n/g)) starts.push(index + 1);
  return starts;
}

export function parsePython(text: string): Source {
  const starts = startsOfLines(text);
  const placeOf = (offset: number): TextRange['start'] => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - starts[low] + 1 };
  };
  // The body of a definition reaches over the line breaks after it.
  const endOf = ({ from, to }: SyntaxNode): number => from + text.slice(from, to).trimEnd().length;
  return {
    root: parser.parse(text).topNode,
    textOf: ({ from, to }) => text.slice(from, to),
    rangeOf: (node) => ({ start: placeOf(node.from), end: placeOf(endOf(node)) }),
  };
}
