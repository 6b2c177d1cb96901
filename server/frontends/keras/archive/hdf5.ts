/** Reading HDF5, in memory only: what such a file may link to outside of itself is not there. */
import { Dataset, File, Group, ready } from 'h5wasm';
import { checkMemory } from '../../../files/memory';
import { UserError } from '../../../protocol/errors';
import { type Shape, sizeOf } from '../../../protocol/tensor';

/** Values of a weight. */
export interface StoredValues {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** A file of HDF5. Paths have `/` between the names of groups. */
export interface Hdf5File {
  has(path: string): boolean;
  /** An attribute that is a text, of the group at `path` (`/` for the file). */
  text(path: string, name: string): string | undefined;
  /** One that is a list of texts; where it is too long for one attribute, Keras has divided it into `name0`, `name1`, … */
  texts(path: string, name: string): readonly string[] | undefined;
  /** Shape of a dataset; undefined where there is none. */
  shape(path: string): Shape | undefined;
  /** @throws UserError where the values are no floating-point numbers, or take more memory than a file may. */
  values(path: string): StoredValues;
  close(): void;
}

/** The name by which the reader knows the only file that it has. */
const PLACE = '/model.h5';
const BYTES = Float32Array.BYTES_PER_ELEMENT;

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : undefined;
}

function textsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.map(textOf).filter((text) => text !== undefined) : undefined;
}

/**
 * Opens the contents of an HDF5 file.
 * @param name The file, for messages.
 * @throws UserError where it is damaged.
 */
export async function openHdf5(bytes: Uint8Array, name: string): Promise<Hdf5File> {
  const { FS } = await ready;
  FS.writeFile(PLACE, bytes);
  const damaged = () =>
    new UserError(`${name} is damaged: it cannot be read as HDF5.`, { hint: 'Copy it anew, or save the model again.' });
  const guarded = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw error instanceof UserError ? error : damaged();
    }
  };
  const file = guarded(() => {
    const opened = new File(PLACE, 'r');
    // A file that could not be opened says so at its first use only.
    opened.keys();
    return opened;
  });
  let taken = 0;
  const find = (path: string) => guarded(() => (path === '/' ? file : file.get(path)));
  const attribute = (path: string, attributeName: string): unknown =>
    guarded(() => {
      const object = find(path);
      return object instanceof Group ? object.attrs[attributeName]?.value : undefined;
    });
  return {
    has: (path) => find(path) instanceof Group,
    text: (path, attributeName) => textOf(attribute(path, attributeName)),
    texts(path, attributeName) {
      const whole = textsOf(attribute(path, attributeName));
      if (whole) return whole;
      const parts: string[] = [];
      for (let i = 0; ; i++) {
        const part = textsOf(attribute(path, `${attributeName}${i}`));
        if (!part) return i === 0 ? undefined : parts;
        parts.push(...part);
      }
    },
    shape(path) {
      const dataset = find(path);
      return dataset instanceof Dataset ? (dataset.shape ?? []) : undefined;
    },
    values: (path) =>
      guarded(() => {
        const dataset = find(path);
        if (!(dataset instanceof Dataset)) throw damaged();
        const shape = dataset.shape ?? [];
        taken += sizeOf(shape) * BYTES;
        checkMemory(`${name}, '${path}'`, taken, 'file');
        const value: unknown = dataset.value;
        if (value instanceof Float32Array) return { shape, data: value };
        if (value instanceof Float64Array) return { shape, data: Float32Array.from(value) };
        if (typeof value === 'number' && shape.length === 0) return { shape, data: Float32Array.of(value) };
        throw new UserError(`${name}: '${path}' is stored as ${String(dataset.dtype)}, not as float32.`, {
          hint: 'Save the model with float32 weights, without quantization.',
        });
      }),
    close: () => {
      guarded(() => file.close());
      FS.unlink(PLACE);
    },
  };
}
