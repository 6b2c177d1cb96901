/** The curves of a run as an event file of TensorBoard. */
import { join } from 'node:path';
import protobuf from 'protobufjs/minimal';
import { writeFileAtomic } from '../files/atomic';
import { tfrecordBytes } from '../files/tfrecord';
import { metricsOf, SPLITS } from '../protocol/metricKeys';
import { readRun, type StoredRun } from './read';

interface Scalar {
  readonly tag: string;
  readonly step: number;
  /** Seconds since 1970. */
  readonly time: number;
  readonly value: number;
}

/** Numbers are those of event.proto and summary.proto. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const;
const SUMMARY_VALUE = 1;
const VALUE = { tag: 1, simpleValue: 2 } as const;

/** Types of the wire. */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const key = (field: number, wire: number) => (field << 3) | wire;

function versionEvent(time: number): Uint8Array {
  return protobuf.Writer.create()
    .uint32(key(EVENT.wallTime, WIRE.fixed64))
    .double(time)
    .uint32(key(EVENT.fileVersion, WIRE.bytes))
    .string('brain.Event:2')
    .finish();
}

function scalarEvent({ tag, step, time, value }: Scalar): Uint8Array {
  return protobuf.Writer.create()
    .uint32(key(EVENT.wallTime, WIRE.fixed64))
    .double(time)
    .uint32(key(EVENT.step, WIRE.varint))
    .int64(step)
    .uint32(key(EVENT.summary, WIRE.bytes))
    .fork()
    .uint32(key(SUMMARY_VALUE, WIRE.bytes))
    .fork()
    .uint32(key(VALUE.tag, WIRE.bytes))
    .string(tag)
    .uint32(key(VALUE.simpleValue, WIRE.fixed32))
    .float(value)
    .ldelim()
    .ldelim()
    .finish();
}

/** When each epoch ended, in seconds since 1970; the start of the run where it has not told how long they took. */
function epochEnds({ config, epochs, result }: StoredRun): readonly number[] {
  const started = Date.parse(config.started) / 1000 || 0;
  let end = started;
  return epochs.map((_, at) => {
    end += result?.epochs[at]?.seconds ?? 0;
    return end;
  });
}

/** The values of a run: of each split `METRIC/train` and `METRIC/test` over epochs, and `loss/step` over steps. */
function scalarsOf(run: StoredRun): readonly Scalar[] {
  const { config, epochs, steps } = run;
  const ends = epochEnds(run);
  const started = Date.parse(config.started) / 1000 || 0;
  const perEpoch = Math.ceil(config.data.trainExamples / (config.training.batchSize ?? 1));
  const inSteps = steps.map(({ epoch, step, loss }) => ({
    tag: 'loss/step',
    step: (epoch - 1) * perEpoch + step,
    time: ends[epoch - 2] ?? started,
    value: loss,
  }));
  const inEpochs = epochs.flatMap((line, at) => [
    ...SPLITS.flatMap((split) =>
      metricsOf(line, split).map(({ metric, value }) => ({
        tag: `${metric.name}/${split}`,
        step: line.epoch,
        time: ends[at],
        value,
      })),
    ),
    { tag: 'learning rate', step: line.epoch, time: ends[at], value: line.learningRate },
  ]);
  return [...inSteps, ...inEpochs];
}

/** The bytes of a run's event file. */
export function eventFile(run: StoredRun): Uint8Array {
  const started = Date.parse(run.config.started) / 1000 || 0;
  return tfrecordBytes([versionEvent(started), ...scalarsOf(run).map(scalarEvent)]);
}

/**
 * Writes the event file of the run in `run` into `folder`, which is made where it is missing. The name follows from the run, so writing
 * it again replaces it.
 *
 * @throws UserError where the run cannot be read or the file not be written.
 */
export async function writeEventFile(run: string, folder: string): Promise<string> {
  const stored = await readRun(run);
  const seconds = Math.floor(Date.parse(stored.config.started) / 1000) || 0;
  const path = join(folder, `events.out.tfevents.${seconds}.prunelens`);
  await writeFileAtomic(path, eventFile(stored));
  return path;
}
