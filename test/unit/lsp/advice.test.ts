/** Advice in an editor names what there is in an editor. */
import { describe, expect, it } from 'vitest';
import { editorAdvice } from '../../../server/lsp/advice';
import { toErrorData } from '../../../server/lsp/failures';
import { usageError } from '../../../server/protocol/errors';

describe('advice', () => {
  it.each([
    ['Lower --min-per-layer or the sparsity.', 'Lower "prunable.minPerLayer" in prunelens.json or the sparsity.'],
    [
      'Name it with --data (mnist, a folder, a file), or in prunelens.json.',
      'Choose other data, or name it as "data" in prunelens.json (mnist, a folder, a file).',
    ],
    [
      'Name a data set with --data (mnist, a folder, a file) or in prunelens.json, or give exact batches with --batches.',
      'Choose other data, or name it as "data" in prunelens.json (mnist, a folder, a file).',
    ],
    ['Add --backend torch.', 'Add "backend": "torch" in prunelens.json.'],
    ['Run npm install in the PruneLens folder.', 'Install the extension again.'],
    ['Check the data for NaN.', 'Check the data for NaN.'],
  ])('turns %j into what an editor has', (text, expected) => expect(editorAdvice(text)).toBe(expected));

  it('is in every failure that the language server tells', () => {
    expect(toErrorData(usageError('Too few weights.', 'Lower --min-per-layer.')).hint).not.toContain('--');
  });
});
