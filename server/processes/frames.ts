/**
 * Messages over a pipe, in any language: the lengths of header and body (32-bit unsigned, little-endian), the header as
 * JSON (UTF-8), the body as raw bytes. What comes out of a pipe is data of a stranger, so a reader has limits, and what a header
 * says is for its user to check.
 */

/** Bytes of the two lengths. */
const PREFIX = 8;

export interface Frame {
  readonly header: unknown;
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

export function createFrameReader(limits: FrameLimits): FrameReader {
  let chunks: Uint8Array[] = [];
  let available = 0;
  let lengths: readonly [header: number, body: number] | undefined;

  const take = (count: number): Buffer => {
    const all = Buffer.concat(chunks, available);
    chunks = [all.subarray(count)];
    available -= count;
    return all.subarray(0, count);
  };

  const readLengths = (): typeof lengths => {
    if (available < PREFIX) return undefined;
    const prefix = take(PREFIX);
    const [header, body] = [prefix.readUInt32LE(0), prefix.readUInt32LE(4)];
    if (header > limits.header) throw new FrameError(`its header would have ${header} bytes`);
    if (body > limits.body) throw new FrameError(`its body would have ${body} bytes`);
    return [header, body];
  };

  const nextFrame = (): Frame | undefined => {
    lengths ??= readLengths();
    if (!lengths || available < lengths[0] + lengths[1]) return undefined;
    const [header, body] = lengths;
    lengths = undefined;
    const bytes = take(header + body);
    // A copy, so that numbers in it are aligned.
    return { header: parseHeader(bytes.subarray(0, header)), body: Uint8Array.from(bytes.subarray(header)) };
  };

  return {
    push(bytes) {
      chunks.push(bytes);
      available += bytes.byteLength;
      const frames: Frame[] = [];
      for (let frame = nextFrame(); frame; frame = nextFrame()) frames.push(frame);
      return frames;
    },
    isWithin: () => available > 0 || lengths !== undefined,
  };
}
