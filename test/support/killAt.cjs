/**
 * Loaded with --require, it ends the process as SIGKILL does, just before or after a file is renamed into place, or a
 * folder is removed. PRUNELENS_TEST_KILL is `before|after rename|rm PART-OF-PATH`, and a number where it is not the first
 * time.
 */
const fs = require('node:fs/promises');

const [when, operation, part, time = '1'] = (process.env.PRUNELENS_TEST_KILL ?? '').split(' ');
let seen = 0;
const matches = (path) => String(path).includes(part) && ++seen === Number(time);
const end = () => process.kill(process.pid, 'SIGKILL');

if (operation === 'rename') {
  const { rename } = fs;
  fs.rename = async (from, to) => {
    if (when === 'before' && matches(to)) end();
    await rename(from, to);
    if (when === 'after' && matches(to)) end();
  };
}
if (operation === 'rm') {
  const { rm } = fs;
  fs.rm = async (path, options) => {
    if (matches(path)) end();
    await rm(path, options);
  };
}
