/** The extension's manifest agrees with its sources and with the server. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import manifest from '../../../package.json';
import { DEFAULT_SETTINGS, parseSettings } from '../../../server/protocol/editorSettings';
import { methods } from '../../../server/request/methods';
import schema from '../../../server/settings/settings.schema.json';

const { contributes, capabilities } = manifest;
const commandNames = contributes.commands.map(({ command }) => command);

/** `{ 'prunelens.a.b': 1 }` as the server is told: `{ a: { b: 1 } }`. */
function nested(values: Record<string, unknown>): object {
  const root: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const path = name.split('.').slice(1);
    let place = root;
    for (const part of path.slice(0, -1)) {
      place[part] ??= {};
      place = place[part] as Record<string, unknown>;
    }
    place[path.at(-1)!] = value;
  }
  return root;
}

describe('commands', () => {
  it('have a title, the category and an icon', () => {
    for (const command of contributes.commands) {
      expect(command, command.command).toMatchObject({
        category: 'PruneLens',
        icon: expect.stringMatching(/^\$\([\w-]+\)$/),
      });
      expect(command.title).not.toBe('');
    }
    expect(new Set(commandNames).size).toBe(commandNames.length);
  });

  it('are those that the sources register', () => {
    const source = readFileSync('client/commands/index.ts', 'utf8');
    const registered = [...source.matchAll(/^ {4}'(prunelens\.[\w.]+)':/gm)].map(([, name]) => name);
    expect(registered.toSorted()).toEqual(commandNames.toSorted());
  });

  it('stand in menus and in the walkthrough only where they exist', () => {
    const inMenus = Object.values(contributes.menus).flatMap((items) => items.map(({ command }) => command));
    const texts = [
      ...contributes.walkthroughs[0].steps.map((step) => step.description),
      ...contributes.viewsWelcome.map((view) => view.contents),
    ];
    const inTexts = texts.flatMap((text) => [...text.matchAll(/command:(prunelens\.[\w.]+)/g)].map(([, name]) => name));
    const events = contributes.walkthroughs[0].steps
      .flatMap((step) => step.completionEvents)
      .filter((event) => event.startsWith('onCommand:'))
      .map((event) => event.slice('onCommand:'.length));
    const known = [...commandNames, 'prunelens.models.focus'];
    const keys = contributes.keybindings.map(({ command }) => command);
    expect([...inMenus, ...keys, ...inTexts, ...events].filter((command) => !known.includes(command))).toEqual([]);
  });
});

describe('settings', () => {
  const { properties } = contributes.configuration;

  it('have defaults that mean what the server takes without any', () => {
    const defaults = Object.fromEntries(Object.entries(properties).map(([name, { default: value }]) => [name, value]));
    expect(parseSettings(nested(defaults))).toEqual(DEFAULT_SETTINGS);
  });

  it('belong to a resource and are described', () => {
    for (const [name, property] of Object.entries(properties)) {
      expect(property, name).toMatchObject({ scope: 'resource', markdownDescription: expect.stringMatching(/\.$/) });
    }
  });

  it('offer the methods and backends there are', () => {
    expect(properties['prunelens.defaultMethod'].enum.toSorted()).toEqual(methods.map(({ name }) => name).toSorted());
    expect(properties['prunelens.backend'].enum).toEqual(schema.properties.backend.enum);
    for (const property of [properties['prunelens.defaultMethod'], properties['prunelens.backend']]) {
      expect(property.enumDescriptions).toHaveLength(property.enum.length);
    }
  });

  it('that could run or fetch anything are ignored in a workspace that is not trusted', () => {
    const { restrictedConfigurations, supported } = capabilities.untrustedWorkspaces;
    expect(supported).toBe('limited');
    expect(restrictedConfigurations.filter((name) => !(name in properties))).toEqual([]);
    expect(restrictedConfigurations).toEqual(expect.arrayContaining(['prunelens.data', 'prunelens.runs.folder']));
  });
});

it('names files that exist', () => {
  const files = [
    manifest.icon,
    ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
    ...contributes.views.prunelens.map(({ icon }) => icon),
    ...contributes.walkthroughs[0].steps.flatMap(({ media: { markdown, image } }) =>
      markdown === undefined ? Object.values(image) : [markdown],
    ),
    ...contributes.jsonValidation.map(({ url }) => url),
  ];
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});
