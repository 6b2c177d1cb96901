/** Layers against Keras: values and gradients that test/fixtures/layers/generate.py has written. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../../server/executors/reference';
import { readSafetensors } from '../../../../server/files/safetensors';
import { readKerasJson } from '../../../../server/frontends/keras/json/kerasJson';
import { createNetwork } from '../../../../server/frontends/keras/network/createNetwork';
import { gradient, jvp } from '../../../../server/graph/autodiff';
import { createBuilder } from '../../../../server/graph/builder';
import { createProgram } from '../../../../server/graph/program';
import type { Node } from '../../../../server/graph/types';
import { declareInputs, declareParameters } from '../../../../server/models/parameters';
import type { Network } from '../../../../server/models/types';
import type { HostTensor } from '../../../../server/protocol/tensor';
import { createRandom } from '../../../../server/random';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/layers');
const models = JSON.parse(readFileSync(join(FIXTURES, 'layers.json'), 'utf8')) as { readonly [name: string]: object };
const { tensors } = await readSafetensors(join(FIXTURES, 'layers.safetensors'));

/** The network of a case, with a classifier behind the layer that is tested. */
function networkOf(name: string): Network {
  return createNetwork(readKerasJson(withHead(models[name]), `/fixtures/${name}.json`));
}

/** The model with a classifier behind it, which a network needs; its own result is observed. */
function withHead(model: object): string {
  const copy = structuredClone(model) as {
    config: { layers: object[]; output_layers: unknown[] };
  };
  const [layer, call, output] = copy.config.output_layers as [string, number, number];
  const tensor = [[[layer, call, output, {}]]];
  const flat = { class_name: 'Flatten', name: 'head_flat', config: { name: 'head_flat' }, inbound_nodes: tensor };
  const dense = {
    class_name: 'Dense',
    name: 'head',
    config: { name: 'head', units: 2 },
    inbound_nodes: [[['head_flat', 0, 0, {}]]],
  };
  copy.config.layers.push(flat, dense);
  copy.config.output_layers = ['head', 0, 0];
  return JSON.stringify(copy);
}

/** Tensors of a case below a folder, by what follows. */
function tensorsOf(name: string, folder: string): Map<string, HostTensor> {
  const prefix = `${name}/${folder}/`;
  const own = [...tensors].filter(([key]) => key.startsWith(prefix));
  return new Map(own.map(([key, tensor]) => [key.slice(prefix.length), tensor]));
}

interface Applied {
  readonly b: ReturnType<typeof createBuilder>;
  readonly x: Node;
  readonly parameters: ReadonlyMap<string, Node>;
  readonly y: Node;
}

/** The network's computation up to the case's own last layer. */
function applied(name: string, network: Network): Applied {
  const b = createBuilder();
  const [x] = declareInputs(b, network, tensors.get(`${name}/x`)!.shape[0]);
  const parameters = declareParameters(b, network);
  const { output_layers: ends } = (models[name] as { config: { output_layers: [string] } }).config;
  const values = new Map<string, Node>();
  network.apply(b, [x], parameters, 'score', (layer, value) => void values.set(layer, value));
  return { b, x, parameters, y: values.get(ends[0])! };
}

type Values = { readonly [name: string]: { readonly shape: readonly number[]; readonly data: ArrayLike<number> } };

function run(outputs: { [name: string]: Node }, values: Values): Values {
  const program = createProgram('layer', outputs);
  const wanted = new Set(program.inputs.map(({ attributes }) => attributes.name));
  const given = Object.fromEntries(Object.entries(values).filter(([key]) => wanted.has(key)));
  return interpret(program, given as Parameters<typeof interpret>[1]) as unknown as Values;
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  const largest = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const worst = Array.from(expected).reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i])), 0);
  expect(worst / largest, what).toBeLessThan(1e-5);
}

describe.each(Object.keys(models))('%s', (name) => {
  const network = networkOf(name);
  const { b, x, parameters, y } = applied(name, network);
  const weights = tensorsOf(name, 'weights');
  const values: Values = { x: tensors.get(`${name}/x`)!, ...Object.fromEntries(weights) };
  const cotangent = tensors.get(`${name}/cotangent`)!;
  const total = b.reduceSum(b.multiply(y, b.input('cotangent', cotangent.shape)));
  const own = network.parameters.filter(({ layer }) => layer !== 'head');
  const trainable = own.filter((parameter) => parameter.trainable);
  const sources = [
    ...trainable.map((parameter) => parameters.get(parameter.name)!),
    ...(x.dtype === 'float32' ? [x] : []),
  ];

  it("has Keras's parameters", () => {
    expect(own.map((parameter) => [parameter.name, [...parameter.shape]])).toEqual(
      Array.from(weights, ([key, { shape }]) => [key, [...shape]]),
    );
  });

  it("computes Keras's values", () => {
    const { y: actual } = run({ y }, values);
    expect(actual.shape).toEqual(tensors.get(`${name}/y`)!.shape);
    expectClose(actual.data, tensors.get(`${name}/y`)!.data, 'values');
  });

  it("has Keras's gradients", () => {
    const gradients = gradient(b, total, sources);
    const outputs = Object.fromEntries(gradients.map((node, i) => [`g${i}`, node]));
    const actual = run(outputs, { ...values, cotangent });
    trainable.forEach((parameter, i) => {
      expectClose(actual[`g${i}`].data, tensors.get(`${name}/gradients/${parameter.name}`)!.data, parameter.name);
    });
    const ofInput = tensors.get(`${name}/gradient`);
    if (ofInput) expectClose(actual[`g${trainable.length}`].data, ofInput.data, 'input');
  });

  it('has derivatives that agree with finite differences, in both orders', () => {
    if (sources.length === 0) return;
    const gradients = gradient(b, total, sources);
    const tangents = sources.map((source, i) => b.input(`tangent${i}`, source.shape));
    const [slope] = jvp(b, [total], sources, tangents);
    const products = jvp(b, gradients, sources, tangents);
    const random = createRandom(3, name);
    const directions = sources.map(({ shape }) => {
      const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
      random.fillNormal(data, 0, 1);
      return { shape, data };
    });
    // Steps that are masked for being zero stay so.
    const place = sources.indexOf(x);
    Array.from(values.x.data).forEach((value, i) => {
      if (place >= 0 && value === 0) directions[place].data[i] = 0;
    });
    const given = Object.fromEntries(directions.map((direction, i) => [`tangent${i}`, direction]));
    const outputs = {
      slope,
      ...Object.fromEntries(products.map((node, i) => [`p${i}`, node])),
    };
    const exact = run(outputs, { ...values, ...given, cotangent });
    const step = 1e-5;
    const names = sources.map((source) => (source === x ? 'x' : trainable[sources.indexOf(source)].name));
    const moved = (sign: number): Values => ({
      ...values,
      ...Object.fromEntries(
        names.map((key, i) => [
          key,
          {
            shape: sources[i].shape,
            data: Float64Array.from(values[key].data, (value, j) => value + sign * step * directions[i].data[j]),
          },
        ]),
      ),
    });
    const first = { total, ...Object.fromEntries(gradients.map((node, i) => [`g${i}`, node])) };
    const [above, below] = [moved(1), moved(-1)].map((at) => run(first, { ...at, cotangent }));
    const scale = Math.abs(exact.slope.data[0]) + 1;
    expect((above.total.data[0] - below.total.data[0]) / (2 * step)).toBeCloseTo(
      exact.slope.data[0],
      6 - Math.ceil(Math.log10(scale)),
    );
    products.forEach((_, i) => {
      const difference = Float64Array.from(
        above[`g${i}`].data,
        (value, j) => (value - below[`g${i}`].data[j]) / (2 * step),
      );
      expectClose(difference, exact[`p${i}`].data, `second derivative at ${names[i]}`);
    });
  });
});
