import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { readSafetensors, withSafetensors, writeSafetensors } from '../../../server/files/safetensors';
import { UserError } from '../../../server/protocol/errors';
import { floatTensor, type HostTensor, intTensor, sizeOf } from '../../../server/protocol/tensor';

const folder = mkdtempSync(join(tmpdir(), 'prunelens-safetensors-'));
const path = join(folder, 'file.safetensors');
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a file from its parts without any checks. */
function writeRaw(header: unknown, data: ArrayLike<number> = []): void {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(path, Buffer.concat([length, text, Buffer.from(Array.from(data))]));
}

async function failure(action: Promise<unknown> = readSafetensors(path)): Promise<string> {
  const error = await action.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message.replaceAll(path, 'FILE');
}

/** One tensor of a stored type from its bytes. */
async function decoded(dtype: string, shape: number[], bytes: number[]): Promise<HostTensor> {
  writeRaw({ t: { dtype, shape, data_offsets: [0, bytes.length] } }, bytes);
  return (await readSafetensors(path)).tensors.get('t')!;
}

const shapes = fc.array(fc.nat(4), { maxLength: 4 });
const tensors: fc.Arbitrary<HostTensor> = shapes.chain((shape) => {
  const length = { minLength: sizeOf(shape), maxLength: sizeOf(shape) };
  return fc.oneof(
    fc.float32Array(length).map((data) => floatTensor(shape, data)),
    fc.float64Array(length).map((data) => floatTensor(shape, data)),
    fc.int32Array(length).map((data) => intTensor(shape, data)),
  );
});
const names = fc.string({ unit: 'grapheme', minLength: 1 }).filter((name) => name !== '__metadata__');

test('what is written is read back: names, shapes, values to the bit, metadata', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(names, tensors), { maxLength: 6 }),
      fc.dictionary(names, fc.string()),
      async (entries, metadata) => {
        const written = new Map(entries);
        await writeSafetensors(path, written, { metadata });
        const read = await readSafetensors(path);
        expect(new Set(read.tensors.keys())).toEqual(new Set(written.keys()));
        for (const [name, tensor] of written) expect(read.tensors.get(name)).toEqual(tensor);
        expect(Object.entries(read.metadata).sort()).toEqual(Object.entries(metadata).sort());
      },
    ),
    { numRuns: 60 },
  );
  expect(readdirSync(folder)).toEqual(['file.safetensors']);
});

test('the layout is the published one: length, JSON, aligned data without gaps', async () => {
  await writeSafetensors(path, {
    bytes: intTensor([1], Int32Array.of(7)),
    wide: floatTensor([2], Float64Array.of(1, 2)),
    narrow: floatTensor([1], Float32Array.of(3)),
  });
  const file = readFileSync(path);
  const length = Number(file.readBigUInt64LE(0));
  expect(length % 8).toBe(0);
  expect(JSON.parse(file.toString('utf8', 8, 8 + length))).toEqual({
    wide: { dtype: 'F64', shape: [2], data_offsets: [0, 16] },
    bytes: { dtype: 'I32', shape: [1], data_offsets: [16, 20] },
    narrow: { dtype: 'F32', shape: [1], data_offsets: [20, 24] },
  });
  expect(file.length).toBe(8 + length + 24);
  expect(file.readFloatLE(8 + length + 20)).toBe(3);
});

test('masks are stored as bytes and come back as int32', async () => {
  const mask = floatTensor([2, 2], Float32Array.of(1, 0, 0, 1));
  for (const storage of ['U8', 'BOOL'] as const) {
    await writeSafetensors(path, { 'conv1/kernel': mask }, { storage });
    const file = readFileSync(path);
    expect([...file.subarray(-4)]).toEqual([1, 0, 0, 1]);
    expect(file.toString('latin1')).toContain(`"dtype":"${storage}"`);
    const { tensors } = await readSafetensors(path);
    expect(tensors.get('conv1/kernel')).toEqual(intTensor([2, 2], Int32Array.of(1, 0, 0, 1)));
  }
});

test('float storage narrows, and keeps NaN', async () => {
  await writeSafetensors(path, { t: floatTensor([2], Float64Array.of(0.1, Number.NaN)) }, { storage: 'F32' });
  expect((await readSafetensors(path)).tensors.get('t')!.data).toEqual(Float32Array.of(0.1, Number.NaN));
  await writeSafetensors(path, { t: floatTensor([1], Float32Array.of(Number.NaN)) }, { storage: 'F64' });
  expect((await readSafetensors(path)).tensors.get('t')!.data).toEqual(Float64Array.of(Number.NaN));
});

test('values that the storage cannot hold, and data that does not fit its shape, are refused', async () => {
  const write = (value: number, storage: 'U8' | 'BOOL' | 'I32') =>
    writeSafetensors(path, { t: floatTensor([1], Float32Array.of(value)) }, { storage });
  await expect(write(256, 'U8')).rejects.toThrow("tensor 't': 256 at index 0 cannot be stored as U8");
  await expect(write(0.5, 'I32')).rejects.toThrow(RangeError);
  await expect(write(2, 'BOOL')).rejects.toThrow(RangeError);
  await expect(writeSafetensors(path, { t: floatTensor([3], new Float32Array(2)) })).rejects.toThrow(RangeError);
  await expect(writeSafetensors(path, { __metadata__: floatTensor([0], new Float32Array()) })).rejects.toThrow(
    RangeError,
  );
  expect(readdirSync(folder)).toEqual(['file.safetensors']);
});

test('every stored type is decoded', async () => {
  expect(await decoded('F16', [6], [0, 0x3c, 0, 0xc0, 1, 0, 0xff, 0x7b, 0, 0x7c, 0, 0x80])).toEqual(
    floatTensor([6], Float32Array.of(1, -2, 2 ** -24, 65504, Number.POSITIVE_INFINITY, -0)),
  );
  expect((await decoded('F16', [1], [1, 0x7c])).data[0]).toBeNaN();
  expect(await decoded('BF16', [2], [0x80, 0x3f, 0x49, 0xc0])).toEqual(floatTensor([2], Float32Array.of(1, -3.140625)));
  expect(await decoded('I8', [2], [255, 127])).toEqual(intTensor([2], Int32Array.of(-1, 127)));
  expect(await decoded('U8', [2], [255, 127])).toEqual(intTensor([2], Int32Array.of(255, 127)));
  expect(await decoded('BOOL', [3], [0, 1, 2])).toEqual(intTensor([3], Int32Array.of(0, 1, 1)));
  expect(await decoded('I16', [1], [0xfe, 0xff])).toEqual(intTensor([1], Int32Array.of(-2)));
  expect(await decoded('U16', [1], [0xfe, 0xff])).toEqual(intTensor([1], Int32Array.of(65534)));
  expect(await decoded('U32', [1], [1, 0, 0, 0x7f])).toEqual(intTensor([1], Int32Array.of(0x7f000001)));
  expect(await decoded('I64', [1], Array(8).fill(255))).toEqual(intTensor([1], Int32Array.of(-1)));
  expect(await decoded('U64', [1], [5, 0, 0, 0, 0, 0, 0, 0])).toEqual(intTensor([1], Int32Array.of(5)));
  expect(await decoded('F32', [], [0, 0, 0x80, 0x3f])).toEqual(floatTensor([], Float32Array.of(1)));
});

test('integers beyond 32 bits are refused', async () => {
  const message = "FILE, tensor 't': element 0 does not fit in a signed 32-bit integer.";
  expect(await failure(decoded('I64', [1], [0, 0, 0, 0, 1, 0, 0, 0]))).toBe(message);
  expect(await failure(decoded('I64', [1], [0, 0, 0, 0x80, 0, 0, 0, 0]))).toBe(message);
  expect(await failure(decoded('U64', [1], Array(8).fill(255)))).toBe(message);
  expect(await failure(decoded('U32', [1], Array(4).fill(255)))).toBe(message);
});

test('single tensors are read without the rest', async () => {
  await writeSafetensors(path, { a: floatTensor([1], Float32Array.of(1)), b: floatTensor([1], Float32Array.of(2)) });
  await withSafetensors(path, async (reader) => {
    expect([...reader.entries.keys()]).toEqual(['a', 'b']);
    expect((await reader.readTensor('b')).data).toEqual(Float32Array.of(2));
    await expect(reader.readTensor('c')).rejects.toThrow("has no tensor 'c'");
  });
});

test('missing and unreadable files', async () => {
  const missing = join(folder, 'absent.safetensors');
  expect(await failure(readSafetensors(missing))).toBe(`Cannot read ${missing}: it does not exist.`);
  expect(await failure(readSafetensors(folder))).toBe(`Cannot read ${folder}: it is a folder.`);
});

test('truncated files', async () => {
  const truncated = 'FILE is not a safetensors file, or is truncated: its header does not fit in its size.';
  for (const bytes of [[], [1, 2, 3], [0, 0, 0, 0, 0, 0, 0, 0], [50, 0, 0, 0, 0, 0, 0, 0, 123], Array(16).fill(255)]) {
    writeFileSync(path, Buffer.from(bytes));
    expect(await failure()).toBe(truncated);
  }
  writeRaw({ t: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, [0, 0, 0, 0, 0]);
  expect(await failure()).toBe("FILE is truncated: the data of tensor 't' ends 3 bytes after the file.");
});

test('malformed headers', async () => {
  const u8 = (begin: number, end: number) => ({ dtype: 'U8', shape: [end - begin], data_offsets: [begin, end] });
  const cases: [unknown, number, string][] = [
    ['{"a": ', 0, 'FILE is not a safetensors file: its header is not JSON.'],
    ['[1]', 0, 'FILE is not a safetensors file: its header is not a JSON object.'],
    [{ a: u8(0, 2), b: u8(1, 3) }, 3, "FILE: the data of tensors 'a' and 'b' overlap."],
    [{ a: u8(0, 2), b: u8(3, 4) }, 4, "FILE: there are unused bytes before the data of tensor 'b'."],
    [{ a: u8(0, 2) }, 4, 'FILE: 2 bytes at the end belong to no tensor.'],
    ['{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{}}', 0, "FILE: two tensors are named 'a'."],
    [{ __metadata__: { a: 1 } }, 0, "FILE: the safetensors header's __metadata__ must map names to text."],
    [{ a: { ...u8(0, 1), shape: [-1] } }, 1, "FILE, tensor 'a': the shape [-1] is not a list of sizes."],
    [{ a: { ...u8(0, 1), shape: 'x' } }, 1, 'FILE, tensor \'a\': the shape "x" is not a list of sizes.'],
    [{ a: { ...u8(0, 1), data_offsets: [1, 0] } }, 1, "FILE, tensor 'a': the data offsets [1,0] are not [begin, end]."],
    [
      { a: { ...u8(0, 1), shape: [2, 3] } },
      1,
      "FILE, tensor 'a': shape [2,3] of U8 needs 6 bytes, the offsets span 1.",
    ],
  ];
  for (const [header, size, message] of cases) {
    writeRaw(header, Array(size).fill(0));
    expect(await failure()).toBe(message);
  }
  writeRaw({ a: { ...u8(0, 1), dtype: 'C64' } }, [0]);
  expect(await failure()).toMatch(/^FILE, tensor 'a': element type "C64" is not one of F64, F32, /);
});
