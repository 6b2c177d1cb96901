import { describe, expect, it } from 'vitest';
import type { FrontEnd } from '../../../server/frontends';
import type { Documents } from '../../../server/lsp/documents';
import { createDiscovery } from '../../../server/lsp/model/discovery';
import { createModelStore } from '../../../server/lsp/model/store';
import { temporaryFolder } from '../../support/models';
import { toy } from '../../support/toy';

const documents = {
  all: () => [],
  ofFile: () => undefined,
  uriOf: (file: string) => `file://${file}`,
  revision: () => 0,
  onClosed: () => {},
} as unknown as Documents;

const TOY = 'input 6\ndense out 3\n';

function discoveryOf() {
  const searched: string[] = [];
  const counting: FrontEnd = {
    ...toy,
    runsCode: () => true,
    largestSearched: () => 1000,
    findInText(text, file, neighbours) {
      searched.push(file);
      return toy.findInText(text, file, neighbours);
    },
  };
  const problems: string[] = [];
  const discovery = createDiscovery({
    documents,
    store: createModelStore(
      () => 0.8,
      () => {},
    ),
    isTrusted: () => true,
    onProblem: (problem) => problems.push(problem),
    frontEnds: [counting],
  });
  return { discovery, searched, problems };
}

describe('the search of a folder', () => {
  it('runs once for all who ask while it runs', async () => {
    const folder = temporaryFolder({ 'a.toy': TOY, 'b.toy': TOY });
    const { discovery, searched } = discoveryOf();
    const answers = await Promise.all([1, 2, 3].map(() => discovery.inFolders([folder])));
    expect(answers.map((models) => models.length)).toEqual([2, 2, 2]);
    expect(searched).toHaveLength(2);
  });

  it('runs once more for all who asked after files had changed, and never twice at a time', async () => {
    const folder = temporaryFolder({ 'a.toy': TOY });
    const { discovery, searched } = discoveryOf();
    const first = discovery.inFolders([folder]);
    discovery.forget();
    const later = [discovery.inFolders([folder]), discovery.inFolders([folder])];
    discovery.forget();
    await Promise.all([first, ...later]);
    expect(searched).toHaveLength(2);
  });

  it('finds what is beside a mistake, and tells once of what is too long', async () => {
    const folder = temporaryFolder({ 'a.toy': TOY, 'b.toy': 'nonsense\n', 'long.toy': TOY.repeat(100) });
    const { discovery, problems } = discoveryOf();
    expect(await discovery.inFolders([folder])).toHaveLength(1);
    discovery.forget();
    expect(await discovery.inFolders([folder])).toHaveLength(1);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('long.toy is not searched for models');
  });
});
