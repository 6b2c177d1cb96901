/** The one answer of a process, read out of its frames. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAnswerReader, type ReadMemory } from '../../../../server/frontends/python/pythonFrame';
import { openAheadMemory } from '../../../../server/frontends/python/ready/aheadMemory';
import { encodeFrame, type Frame, FrameError } from '../../../../server/processes/frames';

const bytesOf = (header: object, ...body: number[]) => Buffer.concat(encodeFrame(header, [Uint8Array.from(body)]));

const AHEAD = bytesOf({ type: 'ahead' }, 1, 2);

function readAll(...pieces: readonly Uint8Array[]) {
  return readWith(undefined, ...pieces);
}

function readWith(memory: ReadMemory | undefined, ...pieces: readonly Uint8Array[]) {
  const read = ({ header, body }: Frame) => {
    if ((header as { type?: string }).type !== 'model') throw new FrameError('it is none');
    return [...body];
  };
  const reader = createAnswerReader({ header: 100, body: 100 }, read, memory);
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

  it('has its beginning in memory, where that is said: so many bytes as are there, and no more than it may have', () => {
    const model = bytesOf({ type: 'model', ahead: true }, 3);
    const ahead = (inMemory: unknown) => bytesOf({ type: 'ahead', inMemory });
    const memory = (bytes: number) => new Uint8Array(bytes).fill(7);
    expect(readWith(memory, ahead(2), model)).toEqual([7, 7, 3]);
    for (const wrong of [101, -1, 0.5, 'much', null])
      expect(readWith(memory, ahead(wrong), model)).toBeInstanceOf(FrameError);
  });
});

describe.skipIf(process.platform !== 'linux')(
  'memory that a process writes ahead into (left out where there is no /proc)',
  () => {
    it('is read to its end, and has to have as many bytes as are told', () => {
      const memory = openAheadMemory(tmpdir())!;
      writeFileSync(memory.path, Uint8Array.of(1, 2, 3));
      expect([...memory.read(3)]).toEqual([1, 2, 3]);
      expect(() => memory.read(4)).toThrow(new FrameError('it has written 3 bytes ahead, not 4'));
      memory.close();
    });

    it('is none where the system has no such folder', () => {
      expect(openAheadMemory(join(tmpdir(), 'no-such-folder'))).toBeUndefined();
    });
  },
);
