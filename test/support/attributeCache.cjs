/**
 * Loaded with --require, a process sees files as a host does through NFS: what it has looked up stays as it was for two seconds, also that
 * nothing was there, whatever others do meanwhile. What it changes itself it sees at once, and the contents of a file when it opens it.
 */
const fs = require('node:fs');
const { dirname } = require('node:path');

const SECONDS = 2;
const known = new Map();

function forget(path) {
  for (const place of [String(path), dirname(String(path))]) {
    for (const key of known.keys()) if (key.endsWith(` ${place}`)) known.delete(key);
  }
}

/** Takes an answer, or a failure, as it was. */
function remembered(name, original) {
  return async (path, ...rest) => {
    const key = `${name} ${JSON.stringify(rest)} ${path}`;
    const before = known.get(key);
    if (before && performance.now() < before.until) return before.answer;
    const answer = original(path, ...rest);
    answer.catch(() => {});
    known.set(key, { answer, until: performance.now() + 1000 * SECONDS });
    return answer;
  };
}

/** A server's answer to a change, also that it cannot be made, has the attributes of the folder with it. */
function changing(original, places) {
  return async (...args) => {
    try {
      return await original(...args);
    } finally {
      for (const place of places) forget(args[place]);
    }
  };
}

const promises = fs.promises;
for (const name of ['stat', 'lstat', 'access', 'readdir']) promises[name] = remembered(name, promises[name]);
for (const name of ['mkdir', 'rm', 'rmdir', 'unlink', 'writeFile', 'appendFile', 'open']) {
  promises[name] = changing(promises[name], [0]);
}
for (const name of ['rename', 'copyFile', 'link']) promises[name] = changing(promises[name], [0, 1]);

const { readFile } = promises;
promises.readFile = async (path, ...rest) => {
  // A name that was not there is not asked for again.
  await promises.stat(path).catch((error) => {
    if (error.code === 'ENOENT') throw error;
  });
  return readFile(path, ...rest);
};
