/**
 * Refuses what model files do by habit when they are imported: starting processes, going to the network, writing into the workspace.
 * It is no guard against malice: the user has said that the workspace is trusted.
 */
import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import fs from 'node:fs';
import inspector from 'node:inspector';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import v8 from 'node:v8';
import workerThreads from 'node:worker_threads';
import type { SourceLocation } from '../../../protocol/errors';
import { UserError } from '../../../protocol/errors';
import type { Allowance } from '../../../protocol/modelSetup';

export interface GuardOptions {
  /** Folder that nothing is written to (absolute). */
  readonly workspace: string;
  readonly allowed: readonly Allowance[];
  /** The line of the user's that is running. */
  readonly place: () => SourceLocation | undefined;
}

type Callable = (...args: never[]) => unknown;
type Check = (args: readonly unknown[]) => void;

const SENTENCES: { readonly [kind in Allowance]: string } = {
  processes: 'starts a process',
  network: 'goes to the network',
  writes: 'writes into the workspace',
};

const MOST_SHOWN = 120;

/** Functions of `fs` that change what is at a path, with the places of paths among their arguments. */
const WRITES: { readonly [name: string]: readonly number[] } = {
  appendFile: [0],
  chmod: [0],
  chown: [0],
  copyFile: [1],
  cp: [1],
  lchmod: [0],
  lchown: [0],
  link: [1],
  lutimes: [0],
  mkdir: [0],
  mkdtemp: [0],
  rename: [0, 1],
  rm: [0],
  rmdir: [0],
  symlink: [1],
  truncate: [0],
  unlink: [0],
  utimes: [0],
  writeFile: [0],
};

/** Puts a check before a function of an object, where it has one of that name. */
function before(target: object, name: string, check: Check): void {
  const holder = target as { [name: string]: Callable | undefined };
  const original = holder[name];
  if (typeof original !== 'function') return;
  const checked = function (this: unknown, ...args: never[]): unknown {
    check(args);
    return Reflect.apply(original, this, args);
  };
  holder[name] = Object.assign(checked, original);
  // What `promisify` makes of it is another function.
  const { [promisify.custom]: promising } = original as { readonly [promisify.custom]?: Callable };
  if (promising)
    Object.defineProperty(checked, promisify.custom, {
      value: async (...args: never[]) => {
        check(args);
        return promising(...args);
      },
    });
}

/** The same for a function that gives a promise: it rejects. */
function beforeAsync(target: object, name: string, check: Check): void {
  const holder = target as { [name: string]: Callable | undefined };
  const original = holder[name];
  if (typeof original !== 'function') return;
  holder[name] = async function (this: unknown, ...args: never[]): Promise<unknown> {
    check(args);
    return Reflect.apply(original, this, args);
  };
}

function textOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (value instanceof URL) return value.href;
  if (typeof value !== 'object' || value === null) return '';
  const { url, href, host, hostname, path, port } = value as { readonly [name: string]: unknown };
  return String(url ?? href ?? host ?? hostname ?? path ?? port ?? '');
}

/** A path that is asked for, without links; undefined for what is none, as the number of an open file. */
function pathOf(value: unknown, realPath: (path: string) => string): string | undefined {
  if (typeof value !== 'string' && !(value instanceof URL) && !Buffer.isBuffer(value)) return undefined;
  const path = resolve(value instanceof URL ? fileURLToPath(value) : String(value));
  for (let folder = path, rest = ''; ; rest = join(basename(folder), rest), folder = dirname(folder)) {
    try {
      return rest === '' ? realPath(folder) : join(realPath(folder), rest);
    } catch {
      // It is not there yet; the folder it will be in is.
    }
    if (dirname(folder) === folder) return path;
  }
}

function isWriting(flags: unknown): boolean {
  if (typeof flags === 'string') return /[wa+]/.test(flags);
  const { O_WRONLY, O_RDWR, O_CREAT } = fs.constants;
  return typeof flags === 'number' && (flags & (O_WRONLY | O_RDWR | O_CREAT)) !== 0;
}

function guardFiles(refuse: (kind: Allowance, what: string) => void, workspace: string): void {
  const realPath = fs.realpathSync.bind(fs);
  const inside = realPath(workspace) + sep;
  const check = (value: unknown): void => {
    const path = pathOf(value, realPath);
    if (path?.startsWith(inside)) refuse('writes', path.slice(inside.length));
  };
  for (const [name, places] of Object.entries(WRITES)) {
    const all: Check = (args) => {
      for (const place of places) check(args[place]);
    };
    before(fs, name, all);
    before(fs, `${name}Sync`, all);
    beforeAsync(fs.promises, name, all);
  }
  const open: Check = ([path, flags]) => {
    if (isWriting(flags)) check(path);
  };
  before(fs, 'open', open);
  before(fs, 'openSync', open);
  beforeAsync(fs.promises, 'open', open);
  before(fs, 'createWriteStream', ([path]) => check(path));
  // Without a name they write into the working folder.
  const named: Check = ([path]) => check(typeof path === 'string' ? path : 'report');
  before(v8, 'writeHeapSnapshot', named);
  before(process.report, 'writeReport', named);
}

function guardProcesses(refuse: (kind: Allowance, what: string) => void): void {
  for (const name of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork']) {
    before(childProcess, name, ([command, args]) => {
      refuse('processes', [textOf(command), ...(Array.isArray(args) ? args : [])].join(' '));
    });
  }
  // What others have imported of it before, `cluster` for one, starts its processes here too.
  before(childProcess.ChildProcess.prototype, 'spawn', ([options]) => {
    const { file, args = [] } = options as { readonly file: string; readonly args?: readonly string[] };
    refuse('processes', [file, ...args.slice(1)].join(' '));
  });
  // It becomes another program.
  before(process, 'execve', ([file, args]) => {
    refuse('processes', [textOf(file), ...(Array.isArray(args) ? args.slice(1) : [])].join(' '));
  });
  before(process, 'kill', ([pid]) => {
    if (pid !== process.pid) refuse('processes', `a signal to ${textOf(pid)}`);
  });
  Object.assign(workerThreads, {
    Worker: class extends workerThreads.Worker {
      constructor(...args: ConstructorParameters<typeof workerThreads.Worker>) {
        refuse('processes', 'a worker thread');
        super(...args);
      }
    },
  });
}

function guardNetwork(refuse: (kind: Allowance, what: string) => void): void {
  const target = ([first, second]: readonly unknown[]): string => {
    const [options] = Array.isArray(first) ? first : [first];
    return typeof options === 'number' && typeof second === 'string' ? `${second}:${options}` : textOf(options);
  };
  before(net.Socket.prototype, 'connect', (args) => refuse('network', target(args)));
  before(net.Server.prototype, 'listen', (args) => refuse('network', `listens on ${target(args)}`));
  for (const name of ['bind', 'connect', 'send']) {
    before(dgram.Socket.prototype, name, (args) => refuse('network', `a datagram, ${target(args)}`));
  }
  const ask: Check = ([name]) => refuse('network', `asks for ${textOf(name)}`);
  for (const name of Object.keys(dns).filter((one) => /^(lookup|resolve|reverse)/.test(one))) {
    before(dns, name, ask);
    beforeAsync(dns.promises, name, ask);
  }
  for (const { prototype } of [dns.Resolver, dns.promises.Resolver]) {
    for (const name of Object.getOwnPropertyNames(prototype).filter((one) => /^(resolve|reverse)/.test(one))) {
      before(prototype, name, ask);
    }
  }
  before(inspector, 'open', ([port]) => refuse('network', `listens on ${textOf(port) || 'the port of the inspector'}`));
  beforeAsync(globalThis, 'fetch', ([address]) => refuse('network', textOf(address)));
}

/**
 * From now on each of these throws an error with the line that asked for it, where prunelens.json does not allow it for the model:
 * processes, threads and signals to others; connections, servers and `fetch`; writing below the workspace.
 */
export function guardHabits({ workspace, allowed, place }: GuardOptions): void {
  const refuse = (kind: Allowance, what: string): void => {
    if (allowed.includes(kind)) return;
    const location = place();
    const shown = what.length > MOST_SHOWN ? `${what.slice(0, MOST_SHOWN)} …` : what;
    throw new UserError(`While the model is loaded, the code ${SENTENCES[kind]} (${shown.trim()}), which is refused.`, {
      hint: `If it has to, name it for this model in prunelens.json: "allow": ["${kind}"].`,
      ...(location && { location }),
    });
  };
  guardProcesses(refuse);
  guardNetwork(refuse);
  guardFiles(refuse, workspace);
  // What is imported by name from these modules are copies.
  syncBuiltinESMExports();
}
