import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameReader, encodeFrame, FrameError } from '../../../server/processes/frames';

const LIMITS = { header: 1000, body: 1000 };

function bytesOf(header: unknown, parts: readonly Uint8Array[] = []): Buffer {
  return Buffer.concat(encodeFrame(header, parts));
}

describe('frames', () => {
  it('come out as they went in, however the bytes come', () => {
    const frame = fc.record({
      header: fc.jsonValue({ maxDepth: 2 }),
      parts: fc.array(fc.uint8Array(), { maxLength: 3 }),
    });
    const sizes = fc.infiniteStream(fc.integer({ min: 1, max: 40 }));
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 4 }), sizes, (frames, pieces) => {
        const all = Buffer.concat(frames.map(({ header, parts }) => bytesOf(header, parts)));
        const reader = createFrameReader({ header: 2 ** 20, body: 2 ** 20 });
        const read = [];
        for (let start = 0; start < all.length; ) {
          const size = pieces.next().value!;
          read.push(...reader.push(all.subarray(start, start + size)));
          start += size;
        }
        const expected = frames.map(({ header, parts }) => ({
          header: JSON.parse(JSON.stringify(header)),
          body: Uint8Array.from(Buffer.concat(parts)),
        }));
        expect(read).toEqual(expected);
        expect(reader.isWithin()).toBe(false);
      }),
    );
  });

  it('have the lengths of header and body first, little-endian', () => {
    expect([...bytesOf({ a: 1 }, [Uint8Array.of(9)])]).toEqual([7, 0, 0, 0, 1, 0, 0, 0, ...Buffer.from('{"a":1}'), 9]);
  });

  it('tell that one has begun', () => {
    const reader = createFrameReader(LIMITS);
    const bytes = bytesOf('text');
    for (const byte of bytes.subarray(0, -1)) {
      expect(reader.push(Uint8Array.of(byte))).toEqual([]);
      expect(reader.isWithin()).toBe(true);
    }
    expect(reader.push(bytes.subarray(-1))).toHaveLength(1);
  });

  it.each([
    ['its header would have 4294967295 bytes', Buffer.alloc(1000, 255)],
    ['its header would have 1001 bytes', bytesOf('a'.repeat(999))],
    ['its body would have 1001 bytes', bytesOf(1, [new Uint8Array(1001)])],
    ['its header is not JSON', Buffer.alloc(8)],
    ['its header would have 1819043176 bytes', Buffer.from('hello world')],
  ])('are refused: %s', (message, bytes) => {
    const read = () => createFrameReader(LIMITS).push(bytes);
    expect(read).toThrow(FrameError);
    expect(read).toThrow(message);
  });
});
