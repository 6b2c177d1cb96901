#!/usr/bin/env node
/**
 * Tests the extension in a real VS Code: the suite inside the extension host in a package of it, end to end in the checkout.
 *
 *   node test/editor/run.mjs [--if-available] [--packaged] [--only e2e|suite|screenshots] [--real] [-- vitest's arguments]
 *
 *   --if-available   no editor installed: says so and succeeds
 *   --packaged       tests the packaged .vsix (npm run package) instead of the checkout
 *   --only KIND      only the end-to-end tests (e2e), or only the suite inside the extension host (suite); screenshots takes
 *                    the pictures in docs/images instead
 *   --real           the suite runs in a VS Code that @vscode/test-electron downloads, or PRUNELENS_VSCODE names
 *
 * The editor is installed by test/editor/harness/install.sh.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runtimeFolder } from '../../client/packaging/platforms.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, '../..');
const OUT = join(ROOT, '.cache', 'editor-tests');
const BUNDLES = join(OUT, 'out');
/** Of this run only: others may go on beside it. */
const SESSIONS = join(OUT, 'sessions', String(process.pid));

const OPTIONS = {
  'if-available': { type: 'boolean' },
  packaged: { type: 'boolean' },
  only: { type: 'string' },
  real: { type: 'boolean' },
};

/** Bundles the suite for the extension host, and the harness's executable. */
async function bundle() {
  rmSync(BUNDLES, { recursive: true, force: true });
  const { build } = await import('esbuild');
  const suites = readdirSync(join(HERE, 'suite')).filter((name) => name.endsWith('.ts'));
  const shared = {
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: 'inline',
    logLevel: 'warning',
  };
  await build({
    ...shared,
    entryPoints: suites.map((name) => join(HERE, 'suite', name)),
    outdir: join(BUNDLES, 'suite'),
    external: ['vscode', 'mocha'],
  });
  const entry = { entryPoints: [join(HERE, 'harness', 'code.ts')], outfile: join(BUNDLES, 'code') };
  await build({ ...shared, ...entry, external: ['playwright-core'], banner: { js: '#!/usr/bin/env node' } });
  chmodSync(join(BUNDLES, 'code'), 0o755);
}

async function findInstallation() {
  const { build } = await import('esbuild');
  const outfile = join(BUNDLES, 'paths.mjs');
  const entryPoints = [join(HERE, 'harness', 'paths.ts')];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'warning' });
  return (await import(outfile)).findInstallation();
}

/** Installs the packaged extension into a folder of its own, and gives that. */
function installPackage({ node, server }) {
  const name = readdirSync(ROOT).find((file) => file.endsWith(`${process.platform}-${process.arch}.vsix`));
  const file = name ?? readdirSync(ROOT).find((one) => one.endsWith('.vsix'));
  if (!file) throw new Error('There is no .vsix to test: npm run package makes one.');
  const extensions = join(OUT, 'extensions');
  rmSync(extensions, { recursive: true, force: true });
  const home = join(OUT, 'install');
  const args = ['--install-extension', join(ROOT, file), '--extensions-dir', extensions, '--server-data-dir', home];
  execFileSync(node, [server, ...args, '--accept-server-license-terms'], { stdio: 'inherit' });
  console.log(`Testing ${basename(file)}`);
  return extensions;
}

function runVitest(environment, rest) {
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--config', join(HERE, 'vitest.config.mts'), ...rest];
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env: environment }).status ?? 1;
}

/** The samples, for the suite in the extension host. */
function sampleWorkspace() {
  const folder = join(SESSIONS, 'samples');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(SESSIONS, { recursive: true });
  cpSync(join(ROOT, 'samples'), folder, { recursive: true, filter: (path) => !path.includes('.prunelens') });
  return folder;
}

/** What users install, put together in a folder; the checkout where there is no package for this platform. */
function unpackedPackage() {
  const platform = `${process.platform}-${process.arch}`;
  if (runtimeFolder(join(ROOT, 'node_modules'), platform) === undefined) {
    console.log(`There is no package for ${platform}, so the suite runs in the checkout.`);
    return ROOT;
  }
  const folder = join(OUT, 'package');
  const script = join(ROOT, 'client', 'packaging', 'package.mjs');
  execFileSync(process.execPath, [script, '--unpacked', folder], { stdio: 'inherit' });
  return folder;
}

async function runSuite(real) {
  const { runTests } = await import('@vscode/test-electron');
  const executable = real ? process.env.PRUNELENS_VSCODE : join(BUNDLES, 'code');
  // Counted as those of vitest are; a suite that never comes to its end has failed.
  const results = join(ROOT, '.cache', 'test-results-extension-host.json');
  writeFileSync(results, JSON.stringify({ numPassedTests: 0, numFailedTests: 1 }));
  return runTests({
    extensionTestsEnv: { PRUNELENS_SUITE_RESULTS: results },
    ...(executable ? { vscodeExecutablePath: executable } : {}),
    extensionDevelopmentPath: process.env.PRUNELENS_EXTENSION ?? unpackedPackage(),
    extensionTestsPath: join(BUNDLES, 'suite', 'index.js'),
    launchArgs: [sampleWorkspace(), `--user-data-dir=${join(SESSIONS, 'user-data')}`, '--disable-extensions'],
  }).catch((error) => {
    console.error(error.message);
    return 1;
  });
}

/** Ends servers whose tests were killed before they could, by the ids they left. */
function sweep() {
  if (!existsSync(SESSIONS)) return;
  for (const name of readdirSync(SESSIONS)) {
    const file = join(SESSIONS, name, 'server.pid');
    if (!existsSync(file)) continue;
    const pid = Number(readFileSync(file, 'utf8'));
    const command = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
    if (!command.includes(join(SESSIONS, name))) continue;
    console.error(`Ending an editor server that was left running (process ${pid}).`);
    process.kill(pid, 'SIGTERM');
  }
  rmSync(SESSIONS, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
}

async function main() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  mkdirSync(BUNDLES, { recursive: true });
  const found = await findInstallation();
  if (typeof found === 'string' && !values.real) {
    console.log(`Editor tests ${values['if-available'] ? 'skipped' : 'cannot run'}: ${found}.`);
    return values['if-available'] ? 0 : 1;
  }
  if (!process.env.PRUNELENS_EXTENSION)
    execFileSync(process.execPath, [join(ROOT, 'esbuild.mjs'), '--if-stale'], { stdio: 'inherit' });
  await bundle();
  process.env.PRUNELENS_SESSIONS = SESSIONS;
  const environment = { ...process.env, ...(values.packaged ? { PRUNELENS_EXTENSIONS: installPackage(found) } : {}) };
  try {
    const results = [];
    if (values.only === 'screenshots') return runVitest({ ...environment, PRUNELENS_SCREENSHOTS: '1' }, positionals);
    if (values.only !== 'e2e') results.push(['in the extension host', await runSuite(values.real)]);
    if (values.only !== 'suite' && !values.real) results.push(['end to end', runVitest(environment, positionals)]);
    for (const [name, code] of results) console.log(`Editor tests ${name}: ${code === 0 ? 'passed' : 'FAILED'}`);
    return results.every(([, code]) => code === 0) ? 0 : 1;
  } finally {
    sweep();
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
