/** All rows. Only those on the screen ask for tiles. */
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ModelSummary } from '../../server/protocol/results';
import { LayerRow } from './LayerRow';
import { groupNumbers, type LayerGroup, type ListEntry } from './listing';
import { walkList } from './listKeys';
import type { RepaintWatch } from './repaint';
import { keptText } from './rowNumbers';
import { Tile, type TileHost } from './Tile';
import type { TileInput } from './tileInput';
import type { Viewport } from './viewport';

export interface LayerListProperties {
  readonly host: TileHost;
  readonly repaint: RepaintWatch;
  readonly summary: ModelSummary;
  readonly entries: readonly ListEntry[];
  /** What is compared with. */
  readonly compared: string | undefined;
  readonly input: TileInput | undefined;
  readonly viewports: { readonly [weight: string]: Viewport };
  readonly theme: number;
  onReveal(layer: string): void;
  onOpen(weight: string): void;
  onFold(group: string, isFolded: boolean): void;
}

/** Distance around the screen, in pixels, in which tiles are asked for too, so that scrolling finds them there. */
const AHEAD = '200px';

/** Names of the elements on the screen or near it; `watch` takes each of them as it comes and goes. */
function useOnScreen() {
  const [onScreen, setOnScreen] = useState<ReadonlySet<string>>(new Set());
  const names = useRef(new Map<Element, string>());
  const observer = useRef<IntersectionObserver | undefined>(undefined);
  observer.current ??= new IntersectionObserver(
    (entries) =>
      setOnScreen((before) => {
        const after = new Set(before);
        for (const { target, isIntersecting } of entries) {
          const name = names.current.get(target);
          if (name === undefined) continue;
          if (isIntersecting) after.add(name);
          else after.delete(name);
        }
        return after;
      }),
    { rootMargin: AHEAD },
  );
  useEffect(() => () => observer.current!.disconnect(), []);
  /** One function a name, so that an element is not taken for another one each time it is drawn. */
  const watchers = useRef(new Map<string, (root: Element | null) => () => void>());
  const watcherOf = (name: string) => (root: Element | null) => {
    if (root) {
      names.current.set(root, name);
      observer.current!.observe(root);
    }
    return () => {
      if (!root) return;
      names.current.delete(root);
      observer.current!.unobserve(root);
    };
  };
  const watch = (name: string) => {
    const known = watchers.current.get(name) ?? watcherOf(name);
    watchers.current.set(name, known);
    return known;
  };
  return { onScreen, watch };
}

/** Draws tiles again when the place of the list has another size. */
function useRedrawOnResize(host: TileHost, onScreen: ReadonlySet<string>) {
  const list = useRef<HTMLDivElement>(null);
  const shown = useRef(onScreen);
  shown.current = onScreen;
  useEffect(() => {
    const resized = new ResizeObserver(() => {
      for (const weight of shown.current) host.painters.get(weight)?.redraw(true);
    });
    resized.observe(list.current!);
    return () => resized.disconnect();
  }, [host]);
  return list;
}

/** The heading of a group of layers. */
function Group({ group, onFold }: { readonly group: LayerGroup } & Pick<LayerListProperties, 'onFold'>): VNode {
  const { name, rows, isFolded } = group;
  return (
    // biome-ignore lint/a11y/useSemanticElements: the rows are sections of the page, too.
    <div class="layer-group" role="listitem">
      <button type="button" aria-expanded={!isFolded} onClick={() => onFold(name, !isFolded)}>
        <span aria-hidden="true">{isFolded ? '▸' : '▾'}</span> {name}
      </button>
      <span class="note">
        {rows.length} layers · kept {keptText(groupNumbers(rows))}
      </span>
    </div>
  );
}

export function LayerList(properties: LayerListProperties): VNode {
  const { host, repaint, summary, entries, compared, input, viewports, theme, onReveal, onOpen, onFold } = properties;
  const { onScreen, watch } = useOnScreen();
  const list = useRedrawOnResize(host, onScreen);
  // Before the tiles ask for anything: effects of children come first.
  repaint.expect(input, onScreen);
  return (
    // biome-ignore lint/a11y/useSemanticElements: the rows are sections of the page, too.
    <div class="layers" role="list" ref={list} onKeyDown={(event) => walkList(list.current!, event)}>
      {entries.map((entry) => {
        if (entry.kind === 'group')
          return <Group key={`group ${entry.group.name}`} group={entry.group} onFold={onFold} />;
        const { row } = entry;
        const { weight, shape, layer } = row;
        const hasSource = summary.layers.some(({ name, source }) => name === layer && source.length > 0);
        return (
          <LayerRow
            key={`${weight} ${shape.join()}`}
            row={row}
            compared={compared}
            rootRef={watch(weight)}
            {...(hasSource && { onReveal: () => onReveal(layer) })}
          >
            <Tile
              host={host}
              weight={weight}
              shape={shape}
              view={viewports[weight]}
              input={input}
              isOnScreen={onScreen.has(weight)}
              theme={theme}
              onOpen={() => onOpen(weight)}
            />
          </LayerRow>
        );
      })}
    </div>
  );
}
