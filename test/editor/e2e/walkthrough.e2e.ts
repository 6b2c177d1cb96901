/** The first thing a new user is shown. */
import { expect, it } from 'vitest';
import { useEditor } from '../harness/fixture';

const STEPS = [
  ['Find your models', 'Show Models'],
  ['Score at initialization', 'Score at Init'],
  ['Move the sparsity', 'Show Heatmap'],
  ['Train what is left', 'Train Masked'],
  ['Export the masks', 'Export Masks…'],
] as const;

const editor = useEditor({ open: ['lenet-300-100.ts'] });

it('leads through the steps, each with its button and its explanation', async () => {
  const { lenses, page, quickPick, workbench } = editor();
  await lenses.waitFor('Score at init');
  await workbench.runCommand('Welcome: Open Walkthrough');
  await quickPick.choose('Get Started with PruneLens');
  const walkthrough = page.locator('.gettingStartedContainer');
  for (const [title, button] of STEPS) {
    await walkthrough.locator('.step-title', { hasText: title }).click();
    await walkthrough.locator('.getting-started-step.expanded .monaco-button', { hasText: button }).waitFor();
  }
});

it('ticks a step off when it is done', async () => {
  const { page, views } = editor();
  const walkthrough = page.locator('.gettingStartedContainer');
  const step = walkthrough.locator('.getting-started-step', { hasText: 'Find your models' });
  await step.locator('.step-title').click();
  await step.locator('.monaco-button', { hasText: 'Show Models' }).click();
  await expect.poll(() => step.locator('.codicon.complete, .codicon-pass-filled').count()).toBeGreaterThan(0);
  await views.row('lenet-300-100').first().waitFor();
});
