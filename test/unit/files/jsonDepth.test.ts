import { expect, it } from 'vitest';
import { isNestedDeeper } from '../../../server/files/jsonDepth';
import { findModelsInText } from '../../../server/frontends';
import { parseSettings } from '../../../server/settings/read';

const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

it('counts brackets that are open, those in strings apart', () => {
  expect([deep(500), deep(501), `"${deep(600)}"`, `"\\"${deep(600)}"`].map((text) => isNestedDeeper(text))).toEqual([
    false,
    true,
    false,
    false,
  ]);
});

it('models and settings that are nested too deep end in a message', () => {
  const model = `{"class_name":"Sequential","config":${deep(100_000)}}`;
  expect(() => findModelsInText(model, '/m/deep.json')).toThrow('nested deeper than 500 levels');
  expect(() => parseSettings(`{"data":${deep(100_000)}}`, '/m/prunelens.json')).toThrow(
    'nested deeper than 500 levels',
  );
});
