/** The first thing a new user is shown. */
import { expect, it } from 'vitest';
import { useEditor } from '../harness/fixture';

const STEPS = [
  ['Find your models', 'Try the Sample'],
  ['Score at initialization', 'Score at Init'],
  ['Move the sparsity', 'Show Heatmap'],
  ['Train what is left', 'Train Masked'],
  ['Export the masks', 'Export Masks…'],
] as const;

const editor = useEditor({ open: ['lenet-300-100.ts'], settings: { 'prunelens.defaultMethod': 'magnitude' } });

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

it('says of commands that need what is not there yet what makes it', async () => {
  const { notifications, page, workbench } = editor();
  for (const [command, told, button] of [
    ['Compare Selected Runs', /^There are no training runs in this workspace yet/, 'Train…'],
    ['Resume Run', /^There are no training runs in this workspace yet/, 'Train…'],
    ['Open Comparison Report', /^There is no report yet/, 'Compare Methods…'],
    ['Show Which Weights Survive', /^No criterion was learned/, 'Learn a Criterion…'],
  ] as const) {
    await workbench.runCommand(`PruneLens: ${command}`);
    await notifications.waitFor(told);
    await page.locator('.notifications-toasts .monaco-button', { hasText: button }).first().waitFor();
    await workbench.runCommand('Notifications: Clear All Notifications');
    await expect.poll(() => notifications.texts()).toEqual([]);
  }
});

it('puts a sample into the folder, with an icon beside its model whose menu scores it', async () => {
  const { page, quickPick, lenses, workbench, hints, read } = editor();
  await workbench.runCommand('PruneLens: Try the Sample…');
  await quickPick.choose('TypeScript');
  await lenses.waitFor('Score at init');
  expect(JSON.parse(read('prunelens-sample/typescript/prunelens.json')).data).toEqual([
    { models: 'lenet-*.ts', data: 'mnist' },
  ]);
  const icon = page.locator(
    '.editor-group-container.active .glyph-margin-widgets .cgmr:not(.codicon-gutter-lightbulb)',
  );
  await expect.poll(() => icon.evaluateAll((all) => all.map((one) => one.outerHTML))).toHaveLength(1);
  await icon.click({ button: 'right' });
  await page.locator('.monaco-menu .action-label', { hasText: 'Score at Init' }).click();
  const source = read('prunelens-sample/typescript/lenet-300-100.ts');
  await hints.waitFor('hints of the sample', source, (shown) => shown.size > 0);
});
