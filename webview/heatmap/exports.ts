/** Files of what the heatmap shows: numbers as CSV, bars and charts as vectors with the tiles as pictures. */
import type { DrawnChart } from '../shared/chart/types';
import { type CsvValue, csvOf } from '../shared/csv';
import { rampOf } from '../shared/densityColor';
import { svgElement } from '../shared/elements';
import { shapeText } from '../shared/format';
import type { Picture } from '../shared/pictures';
import { readPalette } from '../shared/theme';
import { effectiveText, keptText, macsText, type RowNumbers } from './rowNumbers';

const CSV_COLUMNS = [
  'layer',
  'weight',
  'shape',
  'total',
  'kept',
  'sparsity',
  'effective',
  'macs',
  'sparseMacs',
  'method',
  'comparedWith',
  'iou',
  'metaGradientNorm',
  'gradientNorm',
];

export interface ExportHead {
  readonly title: string;
  readonly method: string;
  readonly compared?: string;
}

/** A line a tensor, with plain numbers. */
export function heatmapCsv({ method, compared }: ExportHead, rows: readonly RowNumbers[]): string {
  const line = (row: RowNumbers): CsvValue[] => [
    row.layer,
    row.weight,
    row.shape.join('x'),
    row.total,
    row.kept,
    1 - row.kept / row.total,
    row.connected,
    row.macs,
    row.sparseMacs,
    method,
    compared,
    row.iou,
    row.metaGradient,
    row.gradient,
    ...(compared === undefined ? [] : [row.otherKept]),
  ];
  return csvOf(compared === undefined ? CSV_COLUMNS : [...CSV_COLUMNS, 'comparedKept'], rows.map(line));
}

export interface PictureRow {
  readonly row: RowNumbers;
  readonly tiles: readonly { readonly canvas: HTMLCanvasElement; readonly title: string }[];
}

const MARGIN = 16;
const NAME_WIDTH = 150;
const BAR_WIDTH = 350;
const BAR_LINE = 18;
const TILE_GAP = 10;
const LEGEND_WIDTH = 130;

/** The whole heatmap as one picture, the charts that there are above the layers. */
export function heatmapPicture(
  { title, method, compared }: ExportHead,
  subtitle: string,
  rows: readonly PictureRow[],
  charts: readonly (DrawnChart | undefined)[],
): Picture {
  const palette = readPalette();
  const text = (x: number, y: number, content: string, fill = palette.foreground, size = 12) =>
    svgElement(
      'text',
      { x: String(x), y: String(y), fill, 'font-size': String(size), 'font-family': palette.font },
      content,
    );
  const rectangle = (x: number, y: number, width: number, height: number, fill: string) =>
    svgElement('rect', { x: String(x), y: String(y), width: width.toFixed(2), height: String(height), fill });
  const parts: SVGElement[] = [
    text(MARGIN, MARGIN + 12, `${title} · ${method}${compared ? ` and ${compared}` : ''}`, palette.foreground, 15),
    text(MARGIN, MARGIN + 32, subtitle, palette.muted),
  ];
  let y = MARGIN + 48;
  let width = 640;
  for (const chart of charts.filter((one) => one !== undefined)) {
    parts.push(text(MARGIN, y + 12, chart.title, palette.foreground, 13));
    y += 18;
    chart.legend.forEach(({ label, color }, at) => {
      const left = MARGIN + at * LEGEND_WIDTH;
      parts.push(rectangle(left, y + 6, 14, 4, color), text(left + 22, y + 12, label, palette.muted, 11));
    });
    y += 20;
    parts.push(svgElement('g', { transform: `translate(${MARGIN} ${y})` }, chart.root));
    y += chart.height + MARGIN;
    width = Math.max(width, chart.width + 2 * MARGIN);
  }
  const tileLeft = MARGIN + NAME_WIDTH + BAR_WIDTH + MARGIN;
  for (const { row, tiles } of rows) {
    parts.push(text(MARGIN, y + 12, row.layer), text(MARGIN, y + 28, shapeText(row.shape), palette.muted, 11));
    const bars = [
      ['kept', rampOf(row.kept / row.total), keptText(row)],
      ['effective', rampOf((row.connected ?? 0) / row.total), effectiveText(row)],
      ['MACs', rampOf(row.sparseMacs / Math.max(1, row.macs)), macsText(row)],
    ] as const;
    bars.forEach(([label, part, value], line) => {
      const top = y + line * BAR_LINE;
      const left = MARGIN + NAME_WIDTH;
      parts.push(text(left, top + 10, label, palette.muted, 11), rectangle(left + 60, top + 3, 90, 7, palette.line));
      parts.push(
        rectangle(left + 60, top + 3, 90 * part, 7, palette.kept),
        text(left + 158, top + 10, value, palette.foreground, 11),
      );
    });
    let left = tileLeft;
    let tallest = 3 * BAR_LINE;
    for (const { canvas, title: caption } of tiles) {
      const [tileWidth, tileHeight] = [canvas.width, canvas.height].map((length) => length / devicePixelRatio);
      const place = { x: String(left), y: String(y), width: String(tileWidth), height: String(tileHeight) };
      parts.push(svgElement('image', { ...place, href: canvas.toDataURL('image/png') }));
      if (caption) parts.push(text(left, y + tileHeight + 13, caption, palette.muted, 11));
      tallest = Math.max(tallest, tileHeight + (caption ? 18 : 0));
      left += tileWidth + TILE_GAP;
    }
    width = Math.max(width, left + MARGIN);
    y += tallest + MARGIN;
  }
  return { width: Math.ceil(width), height: Math.ceil(y), parts };
}
