/** How the inputs of a model are written, and which folder its file is run from. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { workspaceOf } from '../../../../server/frontends/workspace';
import { parseModelInput } from '../../../../server/protocol/modelSetup';
import { failureOf, temporaryFolder } from '../../../support/models';

it('reads inputs as --input takes them', async () => {
  expect(parseModelInput('3,32,32')).toEqual({ shape: [3, 32, 32] });
  expect(parseModelInput('16:int64<100')).toEqual({ shape: [16], dtype: 'int64', below: 100 });
  expect(parseModelInput('mask=16:bool')).toEqual({ name: 'mask', shape: [16], dtype: 'bool' });
  expect(parseModelInput(':int64<5')).toEqual({ shape: [], dtype: 'int64', below: 5 });
  for (const wrong of ['', 'x', '3x32', '3,,2', '0', '3,0', '16<5', '16:int64<0', '16:', 'a b=3', '-3', '1.5']) {
    const { kind, message } = await failureOf(() => parseModelInput(wrong));
    expect([wrong, kind, message]).toEqual([wrong, 'usage', expect.stringContaining('not an input')]);
  }
});

it('runs a file from its repository, the working folder, or its project', () => {
  const folder = temporaryFolder({
    'repository/.git/HEAD': '',
    'repository/models/net.py': '',
    'project/setup.py': '',
    'project/src/a/net.py': '',
    'alone/net.py': '',
  });
  const at = (path: string) => join(folder, path);
  expect(workspaceOf(at('repository/models/net.py'), at('repository/models'))).toBe(at('repository'));
  expect(workspaceOf(at('project/src/a/net.py'), '/')).toBe(at('project'));
  expect(workspaceOf(at('project/src/a/net.py'), at('project/src'))).toBe(at('project/src'));
  expect(workspaceOf(at('alone/net.py'), at('project'))).toBe(at('alone'));
});
