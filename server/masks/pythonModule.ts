/** The Python module that puts exported masks on a PyTorch model: ours, headed by what it holds. It needs torch and the masks beside it. */
import { readFile } from 'node:fs/promises';
import { pythonFile } from '../python/start';

export interface ModuleFacts {
  readonly model: string;
  /** Title of the criterion. */
  readonly title: string;
  readonly sparsity: number;
  /** Name of this file: `net.masks.py`. */
  readonly file: string;
  /** Names of the masks: `conv1.weight`. */
  readonly names: readonly string[];
}

const HEADER = '"""__HEADER__"""';

/** A text within a docstring. */
function comment(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('"""', '').replaceAll('\\', '\\\\');
}

function headerOf({ model, title, sparsity, file, names }: ModuleFacts): string {
  return `"""Masks for ${comment(model)}: ${comment(title)} at ${sparsity} sparsity, exported by PruneLens. Needs torch alone.

    import os, runpy

    runpy.run_path(os.path.join(os.path.dirname(__file__), ${comment(JSON.stringify(file))}))["apply"](model)

applies them in a script beside this file: the weights below are zero from then on, whatever trains the model. "check" instead of
"apply" reports the sparsity and weights that are not zero any more; "callback" gives a callback for Lightning's Trainer;
"semi_structured" makes torch's semi-structured tensors of 2:4 masks, for inference.

${names.map((name) => `    ${comment(name)}`).join('\n')}
"""`;
}

/** The text of the module. The masks are in a file of its name with `.safetensors` for `.py`. */
export async function masksModule(facts: ModuleFacts): Promise<string> {
  const code = await readFile(pythonFile('masks/python/masks_module.py'), 'utf8');
  // As a function, so that no `$` of a name means anything.
  return code.replace(HEADER, () => headerOf(facts));
}
