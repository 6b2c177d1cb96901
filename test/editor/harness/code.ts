/**
 * Stands in for VS Code's executable: takes the arguments that @vscode/test-electron gives it, runs the tests inside
 * the extension host of the editor server, prints what they print, and ends with their exit code.
 *
 *   code FOLDER --extensionDevelopmentPath=P --extensionTestsPath=P [--user-data-dir=D] [--extensions-dir=D]
 */
import { join, resolve } from 'node:path';
import { launchBrowser, newPage, workbenchUrl } from './browser';
import { startServer } from './server';
import { newFolder, removeFolder } from './workspace';

/** A run of the tests that does not end in this time hangs. */
const LIMIT = Number(process.env.PRUNELENS_SUITE_SECONDS ?? 300) * 1000;

interface Arguments {
  readonly folder: string;
  readonly development: string;
  readonly tests: string;
  readonly extensions?: string;
}

function parseArguments(args: readonly string[]): Arguments {
  const value = (name: string) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const folder = args.find((arg) => !arg.startsWith('-'));
  const [development, tests] = [value('extensionDevelopmentPath'), value('extensionTestsPath')];
  if (!folder || !development || !tests) {
    throw new Error('Needs a folder, --extensionDevelopmentPath=… and --extensionTestsPath=….');
  }
  return { folder: resolve(folder), development, tests, extensions: value('extensions-dir') };
}

const deadline = (): Promise<number> =>
  new Promise((settle) => {
    setTimeout(() => {
      console.error(`The tests in the extension host did not end in ${LIMIT / 1000} s.`);
      settle(1);
    }, LIMIT).unref();
  });

async function main(args: readonly string[]): Promise<number> {
  const { folder, development, tests, extensions } = parseArguments(args);
  const home = newFolder('suite');
  const server = await startServer({ home, extensions: extensions ?? join(home, 'extensions'), hostsTests: true });
  try {
    const browser = await launchBrowser();
    try {
      const { page, messages } = await newPage(browser);
      // The rest, with stacks, is the editor's own trouble with the closed network.
      await page.exposeFunction('codeAutomationLog', (level: string, texts: readonly unknown[]) => {
        if (level !== 'error' && level !== 'warn') console.log(...texts);
      });
      const exit = new Promise<number>((settle) => {
        void page.exposeFunction('codeAutomationExit', (code: number) => settle(code));
      });
      const remote = (path: string) => `vscode-remote://remote${resolve(path)}`;
      const payload = [
        ['extensionDevelopmentPath', remote(development)],
        ['extensionTestsPath', remote(tests)],
      ] as const;
      await page.goto(workbenchUrl({ server: server.address, workspace: folder, payload }), {
        waitUntil: 'domcontentloaded',
      });
      const code = await Promise.race([exit, deadline()]);
      if (code !== 0)
        console.error(
          messages()
            .filter((text) => text.startsWith('error'))
            .slice(-20)
            .join('\n'),
        );
      return code;
    } finally {
      await browser.close();
    }
  } finally {
    await server.stop();
    removeFolder(home);
  }
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
