/** Writes ONNX models as protobuf bytes. Only the fields that a computed graph needs; numbers are those of onnx.proto. */
import protobuf from 'protobufjs/minimal';
import type { Shape } from '../../protocol/tensor';

type Writer = protobuf.Writer;

/** `TensorProto.DataType`. */
const ELEMENT_TYPES = { float32: 1, int32: 6, int64: 7 } as const;

export type ElementType = keyof typeof ELEMENT_TYPES;

/** An attribute of a node: whole numbers become INT(S), `{ float }` FLOAT, text STRING. */
export type AttributeValue = number | string | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  /** Empty for the standard operators. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: { readonly [name: string]: AttributeValue };
}

export interface OnnxInitializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
  readonly data: Float32Array | Int32Array | BigInt64Array;
}

/** Name, element type and shape of an input or output. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly type: ElementType;
  /** Absent where it is only known at run time. */
  readonly shape: Shape | undefined;
}

export interface OnnxModel {
  readonly name: string;
  /** Operator set versions by domain (`''` for the standard one). */
  readonly opsets: { readonly [domain: string]: number };
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
}

const IR_VERSION = 9;
const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

const tag = (field: number, wire: number): number => (field << 3) | wire;

function writeMessage(writer: Writer, field: number, write: () => void): void {
  writer.uint32(tag(field, BYTES)).fork();
  write();
  writer.ldelim();
}

function writeText(writer: Writer, field: number, text: string): void {
  writer.uint32(tag(field, BYTES)).string(text);
}

function writeInteger(writer: Writer, field: number, value: number): void {
  writer.uint32(tag(field, VARINT)).int64(value);
}

function writeAttribute(writer: Writer, name: string, value: AttributeValue): void {
  writeText(writer, 1, name);
  if (typeof value === 'number') {
    writeInteger(writer, 3, value);
    writeInteger(writer, 20, 2);
  } else if (typeof value === 'string') {
    writer.uint32(tag(4, BYTES)).string(value);
    writeInteger(writer, 20, 3);
  } else if ('float' in value) {
    writer.uint32(tag(2, FIXED32)).float(value.float);
    writeInteger(writer, 20, 1);
  } else {
    for (const item of value) writeInteger(writer, 8, item);
    writeInteger(writer, 20, 7);
  }
}

function writeNode(writer: Writer, node: OnnxNode): void {
  for (const input of node.inputs) writeText(writer, 1, input);
  for (const output of node.outputs) writeText(writer, 2, output);
  writeText(writer, 3, node.name);
  writeText(writer, 4, node.op);
  for (const [name, value] of Object.entries(node.attributes)) {
    writeMessage(writer, 5, () => writeAttribute(writer, name, value));
  }
  if (node.domain !== '') writeText(writer, 7, node.domain);
}

function writeInitializer(writer: Writer, { name, type, shape, data }: OnnxInitializer): void {
  for (const extent of shape) writeInteger(writer, 1, extent);
  writeInteger(writer, 2, ELEMENT_TYPES[type]);
  writeText(writer, 8, name);
  // Raw data is little-endian, which every machine with an ONNX Runtime build is.
  writer.uint32(tag(9, BYTES)).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writeValueInfo(writer: Writer, { name, type, shape }: OnnxValueInfo): void {
  writeText(writer, 1, name);
  writeMessage(writer, 2, () =>
    writeMessage(writer, 1, () => {
      writeInteger(writer, 1, ELEMENT_TYPES[type]);
      if (!shape) return;
      writeMessage(writer, 2, () => {
        for (const extent of shape) writeMessage(writer, 1, () => writeInteger(writer, 1, extent));
      });
    }),
  );
}

/** The model as the bytes of a `ModelProto`. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const writer = protobuf.Writer.create();
  writeInteger(writer, 1, IR_VERSION);
  writeText(writer, 2, 'prunelens');
  writeMessage(writer, 7, () => {
    for (const node of model.nodes) writeMessage(writer, 1, () => writeNode(writer, node));
    writeText(writer, 2, model.name);
    for (const initializer of model.initializers) writeMessage(writer, 5, () => writeInitializer(writer, initializer));
    for (const input of model.inputs) writeMessage(writer, 11, () => writeValueInfo(writer, input));
    for (const output of model.outputs) writeMessage(writer, 12, () => writeValueInfo(writer, output));
  });
  for (const [domain, version] of Object.entries(model.opsets)) {
    writeMessage(writer, 8, () => {
      if (domain !== '') writeText(writer, 1, domain);
      writeInteger(writer, 2, version);
    });
  }
  return writer.finish();
}
