/**
 * Ends the process at one of its file operations, as a power cut would. Loaded before the command (`node --require`); the environment
 * says which folder counts (CRASH_FOLDER), at which operation to end (CRASH_AT, counted from 1; 0 for none), and where the number of
 * operations is written at the end (CRASH_COUNT).
 */
const fs = require('node:fs');
const { resolve, sep } = require('node:path');

const folder = process.env.CRASH_FOLDER;
const at = Number(process.env.CRASH_AT);
const counted = process.env.CRASH_COUNT;
// Processes that it starts are not ended.
for (const name of ['NODE_OPTIONS', 'CRASH_FOLDER', 'CRASH_AT', 'CRASH_COUNT']) delete process.env[name];

const writeFileSync = fs.writeFileSync;
let operations = 0;

const isInside = (path) => typeof path === 'string' && `${resolve(path)}${sep}`.startsWith(folder + sep);

/** Before an operation: half of a write that is cut off is done by `partly`. */
function pass(partly) {
  operations++;
  if (operations !== at) return undefined;
  const end = () => process.kill(process.pid, 'SIGKILL');
  if (!partly) return end();
  return Promise.resolve(partly()).then(end, end);
}

function watchPaths(target, names, isWriting = () => true) {
  for (const name of names) {
    const original = target[name];
    target[name] = function (...args) {
      if (args.slice(0, 2).some(isInside) && isWriting(args)) pass();
      return original.apply(this, args);
    };
  }
}

const opensForWriting = ([, flags]) => typeof flags === 'string' && flags !== 'r';
const CHANGING = ['rename', 'rm', 'mkdir', 'writeFile', 'appendFile', 'copyFile', 'unlink', 'truncate', 'utimes'];
watchPaths(fs.promises, CHANGING);
watchPaths(
  fs,
  CHANGING.map((name) => `${name}Sync`),
);
watchPaths(fs, ['openSync'], opensForWriting);

const open = fs.promises.open;
fs.promises.open = async (path, flags, ...rest) => {
  const counts = isInside(path) && opensForWriting([path, flags]);
  if (counts) pass();
  const handle = await open(path, flags, ...rest);
  if (!counts) return handle;
  for (const name of ['write', 'writeFile', 'appendFile', 'sync', 'truncate']) {
    const original = handle[name].bind(handle);
    handle[name] = async (...args) => {
      const [data] = args;
      const half =
        name !== 'sync' && (typeof data === 'string' || data instanceof Uint8Array)
          ? () => original(data.slice(0, Math.floor(data.length / 2)))
          : undefined;
      await pass(half);
      return original(...args);
    };
  }
  return handle;
};

if (counted) process.on('exit', () => writeFileSync(counted, String(operations)));
