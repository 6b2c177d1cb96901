/** Typed arrays that grow. */

type Numbers = Float32Array | Float64Array | Int32Array;

export interface Growing<Values extends Numbers> {
  push(value: number): void;
  /** What was pushed, without a copy: valid until the next push. */
  values(): Values;
}

const FIRST = 1024;

/** An array that doubles when it is full. */
export function growing<Values extends Numbers>(create: (length: number) => Values): Growing<Values> {
  let buffer = create(FIRST);
  let length = 0;
  return {
    push(value) {
      if (length === buffer.length) {
        const larger = create(2 * length);
        larger.set(buffer);
        buffer = larger;
      }
      buffer[length++] = value;
    },
    values: () => buffer.subarray(0, length) as Values,
  };
}
