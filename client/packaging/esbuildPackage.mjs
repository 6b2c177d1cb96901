/** esbuild's executable for another platform: npm installs only that of the machine it runs on. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Files of a tar archive by name, as npm writes them: no name is longer than a header holds. */
function readTar(archive) {
  const files = new Map();
  for (let offset = 0; archive[offset] !== 0 && offset < archive.length; ) {
    const field = (start, length) => archive.toString('latin1', offset + start, offset + start + length).split('\0')[0];
    const size = Number.parseInt(field(124, 12), 8);
    files.set(field(0, 100), archive.subarray(offset + 512, offset + 512 + size));
    offset += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** The archive `name@version` from npm, kept in `cache`. */
function fetchArchive(name, version, cache) {
  const file = join(cache, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  if (existsSync(file)) return file;
  mkdirSync(cache, { recursive: true });
  const temporary = join(cache, `.${process.pid}`);
  mkdirSync(temporary, { recursive: true });
  try {
    const args = ['pack', `${name}@${version}`, '--json', '--pack-destination', temporary, '--ignore-scripts'];
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const options = {
      cwd: temporary,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: npm.endsWith('.cmd'),
    };
    const told = JSON.parse(execFileSync(npm, args, options));
    const [{ filename }] = Array.isArray(told) ? told : Object.values(told);
    renameSync(join(temporary, filename.replace('@', '').replace('/', '-')), file);
  } catch (error) {
    throw new Error(`${name}@${version} could not be had from npm: ${error.message.split('\n')[0]}`);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return file;
}

/** Files of esbuild's package for `platform`, by name, after they were checked against the lock file of this repository. */
export function esbuildPackage(root, platform, cache) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const name = `@esbuild/${platform}`;
  const locked = lock.packages[`node_modules/${name}`];
  if (!locked) throw new Error(`package-lock.json knows no ${name}.`);
  const archive = readFileSync(fetchArchive(name, locked.version, cache));
  const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  if (integrity !== locked.integrity) throw new Error(`${name}@${locked.version} is not what package-lock.json names.`);
  return readTar(gunzipSync(archive));
}
