/** What models are called. */
import { expect, it } from 'vitest';
import { modelLabels } from '../../../server/protocol/modelNames';

it('is the file, with as much of the path and the export as tells it from others', () => {
  const models = [
    '/ws/front/models/net.ts#default',
    '/ws/back/models/net.ts#default',
    '/ws/back/models/net.ts#small',
    '/ws/front/lenet.ts#default',
    'C:\\ws\\net.ts',
    '/ws/vit.py#ViT(10, path="a/b#c")',
  ];
  expect([...modelLabels(models).values()]).toEqual([
    'front/models/net.ts',
    'back/models/net.ts',
    'back/models/net.ts#small',
    'lenet.ts',
    'ws/net.ts',
    'vit.py#ViT(10, path="a/b#c")',
  ]);
});

it('tells a file at the top from those below it', () => {
  expect([...modelLabels(['/net.ts', '/a/net.ts']).values()]).toEqual(['net.ts', 'a/net.ts']);
});
