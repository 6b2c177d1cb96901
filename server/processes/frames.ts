/**
 * Messages over a pipe, in any language: the lengths of header and body (32-bit unsigned, little-endian), the header as
 * JSON (UTF-8), the body as raw bytes. What comes out of a pipe is data of a stranger, so a reader has limits, and what a header
 * says is for its user to check.
 */

/** Bytes of the two lengths. */
const PREFIX = 8;

export interface Frame {
  readonly header: unknown;
  /** The whole of a buffer of its own, so that numbers in it are aligned. */
  readonly body: Uint8Array;
}

/** The most bytes that a header and a body may have. */
export interface FrameLimits {
  readonly header: number;
  readonly body: number;
}

/** The bytes are not those of a frame; the message is a clause, such as `its header is not JSON`. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** The pieces of one frame, to be written one after the other; the body is that of `parts` in their order. */
export function encodeFrame(header: unknown, parts: readonly Uint8Array[] = []): readonly Uint8Array[] {
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(PREFIX);
  prefix.writeUInt32LE(text.length, 0);
  prefix.writeUInt32LE(
    parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
    4,
  );
  return [prefix, text, ...parts];
}

function parseHeader(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new FrameError('its header is not JSON');
  }
}

export interface FrameReader {
  /** Takes the next bytes of the pipe. Returns the frames that they complete. @throws FrameError */
  push(bytes: Uint8Array): readonly Frame[];
  /** Whether a frame has begun and not ended. */
  isWithin(): boolean;
}

/** Bytes that room is made for at once, however many are promised. */
const ROOM = 2 ** 26;

/** Gathers so many bytes, each copied once; room for what is only promised is made as it comes. */
function createGathering(length: number) {
  let room = new Uint8Array(Math.min(length, ROOM));
  let filled = 0;
  return {
    /** Takes as many of the bytes as are missing; gives their number. */
    take(bytes: Uint8Array): number {
      const count = Math.min(bytes.byteLength, length - filled);
      if (filled + count > room.byteLength) {
        const larger = new Uint8Array(Math.min(length, Math.max(2 * room.byteLength, filled + count)));
        larger.set(room.subarray(0, filled));
        room = larger;
      }
      room.set(bytes.subarray(0, count), filled);
      filled += count;
      return count;
    },
    isEmpty: () => filled === 0,
    isFull: () => filled === length,
    bytes: () => room,
  };
}

type Gathering = ReturnType<typeof createGathering>;

export function createFrameReader(limits: FrameLimits): FrameReader {
  let lengths: Gathering = createGathering(PREFIX);
  let parts: { readonly header: Gathering; readonly body: Gathering } | undefined;

  const partsOf = (prefix: Uint8Array) => {
    const view = new DataView(prefix.buffer);
    const [header, body] = [view.getUint32(0, true), view.getUint32(4, true)];
    if (header > limits.header) throw new FrameError(`its header would have ${header} bytes`);
    if (body > limits.body) throw new FrameError(`its body would have ${body} bytes`);
    return { header: createGathering(header), body: createGathering(body) };
  };

  return {
    push(bytes) {
      const frames: Frame[] = [];
      let rest = bytes;
      const give = (gathering: Gathering): boolean => {
        rest = rest.subarray(gathering.take(rest));
        return gathering.isFull();
      };
      while (rest.byteLength > 0) {
        if (!give(lengths)) break;
        parts ??= partsOf(lengths.bytes());
        if (!give(parts.header) || !give(parts.body)) break;
        const { header, body } = parts;
        [lengths, parts] = [createGathering(PREFIX), undefined];
        frames.push({ header: parseHeader(Buffer.from(header.bytes().buffer)), body: body.bytes() });
      }
      return frames;
    },
    isWithin: () => !lengths.isEmpty(),
  };
}
