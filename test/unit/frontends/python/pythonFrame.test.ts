/** The one answer of a process, read out of its frames. */
import { describe, expect, it } from 'vitest';
import { createAnswerReader } from '../../../../server/frontends/python/pythonFrame';
import { encodeFrame, type Frame, FrameError } from '../../../../server/processes/frames';

const bytesOf = (header: object, ...body: number[]) => Buffer.concat(encodeFrame(header, [Uint8Array.from(body)]));

const AHEAD = bytesOf({ type: 'ahead' }, 1, 2);

function readAll(...pieces: readonly Uint8Array[]) {
  const reader = createAnswerReader({ header: 100, body: 100 }, ({ header, body }: Frame) => {
    if ((header as { type?: string }).type !== 'model') throw new FrameError('it is none');
    return [...body];
  });
  for (const piece of pieces) reader.push(piece);
  return reader.answer();
}

describe('an answer', () => {
  it('begins with what was written ahead, where it says so', () => {
    expect(readAll(AHEAD, bytesOf({ type: 'model', ahead: true }, 3))).toEqual([1, 2, 3]);
    expect(readAll(AHEAD, bytesOf({ type: 'model', ahead: true }))).toEqual([1, 2]);
    expect(readAll(AHEAD, bytesOf({ type: 'model', ahead: false }, 3))).toEqual([3]);
    expect(readAll(bytesOf({ type: 'model', ahead: true }, 3))).toEqual([3]);
    expect(readAll(AHEAD)).toBeUndefined();
  });

  it('is one: what follows it is nothing, and what is wrong with it stays', () => {
    expect(readAll(bytesOf({ type: 'model' }, 3), bytesOf({ type: 'model' }, 4))).toEqual([3]);
    expect(readAll(Buffer.concat([AHEAD, AHEAD.map(() => 255)]))).toBeInstanceOf(FrameError);
    expect(readAll(bytesOf({ type: 'other' }), bytesOf({ type: 'model' }, 4))).toEqual(new FrameError('it is none'));
  });
});
