export async function runCompare(_a: unknown, _b: unknown, _c: unknown): Promise<void> {}
