/** Event files of TensorBoard, taken apart by their definitions. */
import protobuf from 'protobufjs';
import { expect, it } from 'vitest';
import { crc32c } from '../../../server/files/crc32c';
import type { StoredRun } from '../../../server/runs/read';
import { eventFile } from '../../../server/runs/tensorboard';

/** The part of event.proto and summary.proto that is written. */
const EVENT = protobuf
  .parse(`
  syntax = "proto3";
  message Event {
    double wall_time = 1;
    int64 step = 2;
    oneof what { string file_version = 3; bytes graph_def = 4; Summary summary = 5; }
  }
  message Summary {
    message Value { string tag = 1; oneof value { float simple_value = 2; } }
    repeated Value value = 1;
  }
`)
  .root.lookupType('Event');

function unmasked(value: number): number {
  const rotated = (value - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

/** The records of a file, each with its checksums checked. */
function recordsOf(bytes: Buffer): readonly Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(unmasked(bytes.readUInt32LE(at + 8))).toBe(crc32c(bytes.subarray(at, at + 8)));
    const record = bytes.subarray(at + 12, at + 12 + length);
    expect(unmasked(bytes.readUInt32LE(at + 12 + length))).toBe(crc32c(record));
    records.push(record);
    at += length + 16;
  }
  return records;
}

const RUN = {
  config: { started: '2026-01-31T12:30:00Z', data: { trainExamples: 250 }, training: { batchSize: 100 } },
  epochs: [
    { epoch: 1, trainLoss: 1.5, testLoss: 1.25, trainAccuracy: 0.5, testAccuracy: 0.625, learningRate: 0.5 },
    { epoch: 2, trainLoss: 0.5, testLoss: 0.75, trainAccuracy: 0.75, testAccuracy: 0.875, learningRate: 0.25 },
  ],
  steps: [{ epoch: 2, step: 1, loss: 0.625 }],
  result: { epochs: [{ seconds: 10 }, { seconds: 20 }] },
} as unknown as StoredRun;

it('has the checksum of the standard', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
});

it('begins with its version and has a scalar for each value, at its step and time', () => {
  const events = recordsOf(Buffer.from(eventFile(RUN))).map((record) =>
    EVENT.toObject(EVENT.decode(record), { longs: Number }),
  );
  const start = Date.parse('2026-01-31T12:30:00Z') / 1000;
  expect(events[0]).toEqual({ wallTime: start, fileVersion: 'brain.Event:2' });
  const scalars = events.slice(1).map((event) => {
    const [{ tag, simpleValue }] = event.summary.value as { tag: string; simpleValue: number }[];
    return [tag, Number(event.step), event.wallTime - start, simpleValue];
  });
  expect(scalars).toContainEqual(['loss/step', 4, 10, 0.625]);
  expect(scalars).toContainEqual(['accuracy/test', 1, 10, 0.625]);
  expect(scalars).toContainEqual(['accuracy/test', 2, 30, 0.875]);
  expect(scalars).toContainEqual(['loss/train', 2, 30, 0.5]);
  expect(scalars).toContainEqual(['learning rate', 2, 30, 0.25]);
  expect(scalars).toHaveLength(11);
});
