/** The criteria as the language server offers them; the compute process has their mathematics. */
import { EDITOR_METHODS, type EditorMethod } from '../protocol/catalogue/methods';

export { methodTitle, needsData } from '../protocol/catalogue/methods';

export type Method = Pick<EditorMethod, 'name' | 'title' | 'needsData'>;

export const METHODS: readonly Method[] = EDITOR_METHODS.map(({ name, title, needsData }) => ({
  name,
  title,
  needsData,
}));
