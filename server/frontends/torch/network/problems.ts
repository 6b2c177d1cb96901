/** What of a model cannot be lowered, told all at once. */
import { UserError } from '../../../protocol/errors';
import type { ExportedModel } from '../exported';
import type { Problem } from '../lowering/lower';

/** No message lists more. */
const MOST_LISTED = 12;

function describe({ modules }: ExportedModel, { call, reason }: Problem): string {
  const name = call.operator.replace(/\.default$/, '');
  const className = modules.find(({ path }) => path === call.module)?.className;
  const where = call.module === '' ? 'in forward' : `in '${call.module}' (${className ?? 'module'})`;
  const place = call.line ? ` at ${call.line.file}:${call.line.line}` : '';
  return `${name} ${where}${place}${reason ? `: ${reason}` : ''}`;
}

/** @throws UserError with every operator that cannot be lowered, its module and line; where there are any. */
export function refuseProblems(model: ExportedModel, problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const described = [...new Set(problems.map((problem) => describe(model, problem)))];
  const rest = described.length - MOST_LISTED;
  const lines = [...described.slice(0, MOST_LISTED), ...(rest > 0 ? [`and ${rest} more`] : [])];
  const [{ call }] = problems;
  const what = described.length === 1 ? 'an operation' : `${described.length} operations`;
  throw new UserError(`${model.name} has ${what} that PruneLens does not support: ${lines.join('; ')}.`, {
    ...(call.line && { location: { ...call.line, column: 1 } }),
    hint: 'docs/pytorch-operators.md lists what is supported; often there is another way to write it.',
  });
}
