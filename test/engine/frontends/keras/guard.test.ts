/** What model files do by habit when they are imported is refused, with its line, where it is not allowed. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureOf, load, temporaryFolder } from '../../../support/models';

const model = (before: string, header = '') => `import * as tf from '@tensorflow/tfjs';
import fs, { writeFileSync } from 'node:fs';
import cluster from 'node:cluster';
import { exec, execSync, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import http from 'node:http';
import net from 'node:net';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { Worker } from 'node:worker_threads';
${header}
export default async () => {
  ${before}
  return tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
};
`;

const LINE = 13;

async function refusal(before: string) {
  const folder = temporaryFolder({ 'net.ts': model(before), 'data.txt': 'precious', 'package.json': '{}' });
  const failure = await failureOf(load(join(folder, 'net.ts')));
  expect(failure.location).toMatchObject({ file: join(folder, 'net.ts'), line: LINE });
  expect(readFileSync(join(folder, 'data.txt'), 'utf8')).toBe('precious');
  return failure;
}

describe('while a model is loaded', () => {
  it.each([
    ["execSync('npm install');", 'starts a process (npm install)', 'processes'],
    ["spawn('git', ['clone', 'x']);", 'starts a process (git clone x)', 'processes'],
    ["require('child_process').execFileSync('pip', ['install']);", 'starts a process (pip install)', 'processes'],
    ["await promisify(exec)('npm install');", 'starts a process (npm install)', 'processes'],
    ['cluster.fork();', 'starts a process (', 'processes'],
    ['new Worker("1", { eval: true });', 'starts a process (a worker thread)', 'processes'],
    ['process.kill(process.ppid, 0);', 'starts a process (a signal to', 'processes'],
    ["await fetch('http://127.0.0.1:9/data');", 'goes to the network (http://127.0.0.1:9/data)', 'network'],
    ["http.get('http://127.0.0.1:9/');", 'goes to the network (http://127.0.0.1:9/)', 'network'],
    ["net.connect(9, '127.0.0.1');", 'goes to the network', 'network'],
    ['net.createServer().listen(0);', 'goes to the network (listens on', 'network'],
    ["dgram.createSocket('udp4').send('x', 9, '127.0.0.1');", 'goes to the network (a datagram', 'network'],
    ["await dns.promises.lookup('localhost');", 'goes to the network (asks for localhost)', 'network'],
    ["new dns.Resolver().resolve4('localhost', () => {});", 'goes to the network (asks for localhost)', 'network'],
    ["require('inspector').open(0);", 'goes to the network (listens on', 'network'],
    ["require('v8').writeHeapSnapshot();", 'writes into the workspace (', 'writes'],
    ["process.report.writeReport('data.txt');", 'writes into the workspace (data.txt)', 'writes'],
    ["writeFileSync(`${__dirname}/data.txt`, 'x');", 'writes into the workspace (data.txt)', 'writes'],
    ["fs.writeFileSync('data.txt', 'x');", 'writes into the workspace (data.txt)', 'writes'],
    ["await fs.promises.writeFile('data.txt', 'x');", 'writes into the workspace (data.txt)', 'writes'],
    ["fs.mkdirSync('a/b', { recursive: true });", 'writes into the workspace (', 'writes'],
    ["fs.rmSync('data.txt');", 'writes into the workspace (data.txt)', 'writes'],
    ["fs.renameSync('data.txt', '/tmp/elsewhere');", 'writes into the workspace (data.txt)', 'writes'],
    ["fs.openSync('data.txt', 'r+');", 'writes into the workspace (data.txt)', 'writes'],
    ["fs.createWriteStream('data.txt');", 'writes into the workspace (data.txt)', 'writes'],
  ])('%s is refused', async (before, what, kind) => {
    const { message, hint } = await refusal(before);
    expect(message).toContain(`While the model is loaded, the code ${what}`);
    expect(message).toContain('which is refused.');
    expect(hint).toContain(`"allow": ["${kind}"]`);
  });

  it('reading, and writing elsewhere, is nobody’s business', async () => {
    const elsewhere = join(temporaryFolder({}), 'cache');
    const before = `fs.readFileSync('data.txt'); fs.openSync('data.txt', 'r'); writeFileSync(${JSON.stringify(elsewhere)}, 'x');`;
    const folder = temporaryFolder({ 'net.ts': model(before), 'data.txt': '', 'package.json': '{}' });
    expect((await load(join(folder, 'net.ts'))).layers).toHaveLength(2);
    expect(existsSync(elsewhere)).toBe(true);
  });

  it('what is allowed for the model is done', async () => {
    const folder = temporaryFolder({
      'net.ts': model(
        "writeFileSync('x', ''); execSync('true'); if ((await promisify(exec)('echo 1')).stdout !== '1\\n') throw new Error('output');",
      ),
      'package.json': '{}',
    });
    const setup = { allow: ['processes', 'writes'] } as const;
    expect((await load(join(folder, 'net.ts'), { setup })).layers).toHaveLength(2);
    expect(existsSync(join(folder, 'x'))).toBe(true);
  });
});
