/** Files that are written where something is already: links, modes, pipes, devices. */
import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isTemporary, removeLeftovers, writeFileAtomic } from '../../../server/files/atomic';
import { checkOutputFile, listFolder } from '../../../server/files/output';
import { failureOf, temporaryFolder } from '../../support/models';

const posix = process.platform !== 'win32';

describe.skipIf(!posix)('writing over what is there', () => {
  it('keeps the mode, and a link that leads to it', async () => {
    const folder = temporaryFolder({ real: 'old' });
    const [real, link] = [join(folder, 'real'), join(folder, 'link')];
    chmodSync(real, 0o640);
    symlinkSync('real', link);
    await writeFileAtomic(link, 'new');
    expect(readlinkSync(link)).toBe('real');
    expect(readFileSync(real, 'utf8')).toBe('new');
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect(await listFolder(folder)).toEqual(['link', 'real']);
  });

  it('follows a link that leads to nothing yet', async () => {
    const folder = temporaryFolder({ 'inner/x': '' });
    symlinkSync(join('inner', 'file'), join(folder, 'link'));
    await writeFileAtomic(join(folder, 'link'), 'new');
    expect(readFileSync(join(folder, 'inner', 'file'), 'utf8')).toBe('new');
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
  });

  it('leaves a file of several names one file, and says how it is written', async () => {
    const folder = temporaryFolder({ a: 'old and longer' });
    linkSync(join(folder, 'a'), join(folder, 'b'));
    const said: string[] = [];
    await checkOutputFile(join(folder, 'b'), (text) => said.push(text));
    await writeFileAtomic(join(folder, 'b'), 'new');
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('new');
    expect(statSync(join(folder, 'a')).nlink).toBe(2);
    expect(said.join()).toContain('copied into place');
  });

  it('writes into a pipe and the null device as they are', async () => {
    const folder = temporaryFolder({});
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await checkOutputFile(pipe);
    const read = promisify(execFile)('cat', [pipe]);
    await writeFileAtomic(pipe, 'through');
    expect((await read).stdout).toBe('through');
    expect(statSync(pipe).isFIFO()).toBe(true);
    await checkOutputFile('/dev/null');
    await writeFileAtomic('/dev/null', 'gone');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('refuses sockets, devices and names that are not UTF-8, before the work', async () => {
    const socket = join(temporaryFolder({}), 's');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const refused = await failureOf(checkOutputFile(socket));
    expect(refused).toMatchObject({ kind: 'failed' });
    expect(refused.message).toContain(`${socket} is a socket`);
    expect((await failureOf(writeFileAtomic(socket, ''))).message).toContain('is a socket');
    server.close();
    expect((await failureOf(checkOutputFile('/dev/zero'))).message).toContain('/dev/zero is a device');
    expect((await failureOf(checkOutputFile('/tmp/a\uFFFDb'))).message).toContain('is not UTF-8');
  });
});

describe('temporary files of processes that are gone', () => {
  it('are nothing in a folder, and are removed', async () => {
    const names = ['.config.json.999999999.0123abcd.tmp', `.config.json.${process.pid}.0123abcd.tmp`, 'config.json'];
    const folder = temporaryFolder(Object.fromEntries(names.map((name) => [name, 'x'])));
    expect(names.map(isTemporary)).toEqual([true, true, false]);
    expect(await listFolder(folder)).toEqual(['config.json']);
    await removeLeftovers(folder);
    expect(await readFile(join(folder, names[1]), 'utf8')).toBe('x');
    await expect(readFile(join(folder, names[0]))).rejects.toThrow('ENOENT');
    writeFileSync(join(folder, 'x.tmp'), '');
    expect(await listFolder(folder)).toEqual(['config.json', 'x.tmp']);
  });
});
