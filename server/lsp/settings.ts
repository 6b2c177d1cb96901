/** Settings as the client gives them. */
import { DEFAULT_SETTINGS, type LensSettings, parseSettings } from '../protocol/editorSettings';

export interface SettingsReader {
  /** Settings that hold for a document or folder. */
  of(uri: string): Promise<LensSettings>;
  /** The last known ones, at once. */
  known(uri: string): LensSettings;
  forget(): void;
}

/** Settings by resource, each asked for once until they change. `ask` is absent where the client has none to give. */
export function createSettingsReader(ask: ((uri: string) => Promise<unknown>) | undefined): SettingsReader {
  const values = new Map<string, Promise<LensSettings>>();
  const latest = new Map<string, LensSettings>();
  return {
    async of(uri) {
      if (!ask) return DEFAULT_SETTINGS;
      const found = values.get(uri) ?? ask(uri).then(parseSettings, () => DEFAULT_SETTINGS);
      values.set(uri, found);
      const settings = await found;
      latest.set(uri, settings);
      return settings;
    },
    known: (uri) => latest.get(uri) ?? DEFAULT_SETTINGS,
    forget: () => values.clear(),
  };
}
