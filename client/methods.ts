/** The ways of scoring that the extension offers; the compute process has their mathematics. */
import { EDITOR_METHODS } from '../server/protocol/catalogue/methods';
import type { MethodChoice } from '../server/protocol/webview';

export { methodTitle } from '../server/protocol/catalogue/methods';

export const METHODS: readonly MethodChoice[] = EDITOR_METHODS.map(({ name, title, description }) => ({
  name,
  title,
  description,
}));
