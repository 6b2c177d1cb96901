/** Names in a Python file that may be data to train on: data sets, loaders, and functions that give them. Nothing is run. */
import type { DefinitionOutline, DottedName, ValueOutline } from '../../python/discovery/outline';
import { readOutline } from '../../python/discovery/readOutline';

/** Last names of classes of PyTorch, torchvision and Lightning whose instances are data. */
const KNOWN = /(?:Dataset|DataLoader|Subset|ImageFolder|DatasetFolder)$/;

/** torchvision's data sets stand in a module of that name. */
const MODULES = new Set(['datasets']);

/** How names of data end, where nothing else tells. */
const NAMED = /(?:^|_)(?:data|dataset|dataloader|set|loader|split|pair)s?$|Data(?:set)?$/;

/** A parameter that must be given makes more of the expression than a name. */
function needsNothing(definition: DefinitionOutline): boolean {
  if (definition.kind === 'variable') return true;
  return !definition.parameters?.some(({ required }) => required);
}

/** The names that an expression of a file can begin with to give data, in the order of the file. */
export function findDataSets(text: string): readonly string[] {
  const { definitions } = readOutline(text);
  const known = new Set<string>();
  const isData = (name: DottedName): boolean =>
    KNOWN.test(name.at(-1)!) || MODULES.has(name.at(-2) ?? '') || (name.length === 1 && known.has(name[0]));
  const gives = ({ name }: ValueOutline) => isData(name);
  const found = definitions.filter((definition) => {
    const { name } = definition;
    const isOne =
      definition.kind === 'class'
        ? definition.bases.some(isData)
        : NAMED.test(name) || (definition.kind === 'function' ? definition.results : definition.values).some(gives);
    if (isOne) known.add(name);
    return isOne && needsNothing(definition) && !name.startsWith('_');
  });
  return [...new Set(found.map(({ name }) => name))];
}
