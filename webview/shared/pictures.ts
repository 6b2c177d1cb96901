/** Pictures for files: SVG documents, the same as PNG, and their way through the host. */

import { svgElement } from './elements';
import type { Host } from './host';
import { readPalette } from './theme';

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly parts: readonly SVGElement[];
}

/** Pixels of a PNG for each of the picture. */
const PNG_SCALE = 2;

/** Text of an SVG document on the theme's background. */
export function svgText({ width, height, parts }: Picture): string {
  const size = { width: String(width), height: String(height), viewBox: `0 0 ${width} ${height}` };
  const background = svgElement('rect', {
    width: String(width),
    height: String(height),
    fill: readPalette().background,
  });
  const root = svgElement('svg', size, background, ...parts);
  return new XMLSerializer().serializeToString(root);
}

/** The picture drawn. Throws where the browser cannot. */
async function drawnOn(picture: Picture): Promise<HTMLCanvasElement> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(picture))}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = picture.width * PNG_SCALE;
  canvas.height = picture.height * PNG_SCALE;
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** The picture as PNG, base64. */
async function pngBase64(picture: Picture): Promise<string> {
  return (await drawnOn(picture)).toDataURL('image/png').split(',')[1];
}

async function copyPicture(picture: Picture): Promise<void> {
  const canvas = await drawnOn(picture);
  const png = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  if (!png) throw new Error('The browser could not draw the picture.');
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
}

export interface Exports {
  /** File name without its ending. */
  readonly name: string;
  picture(): Picture;
  csv(): string;
}

/** `copy` puts the picture into the clipboard. */
export type ExportFormat = 'png' | 'svg' | 'csv' | 'copy';

/** Makes a file of what is shown and has the host save it, or copies its picture. Rejects where that fails. */
export async function saveAs<State extends object>(
  host: Host<State>,
  format: ExportFormat,
  { name, picture, csv }: Exports,
): Promise<void> {
  if (format === 'copy') return copyPicture(picture());
  const contents =
    format === 'png'
      ? { dataBase64: await pngBase64(picture()) }
      : { text: format === 'svg' ? svgText(picture()) : csv() };
  await host.action('saveFile', { name: `${name}.${format}`, ...contents });
}
