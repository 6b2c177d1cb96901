/** The ways of scoring that the extension offers; the compute process has their mathematics. */
import type { MethodChoice } from '../server/protocol/webview';

export const METHODS: readonly MethodChoice[] = [
  {
    name: 'prospr',
    title: 'ProsPr',
    description: 'Effect of removing a weight on the loss after the first steps of training (meta-gradient).',
  },
  {
    name: 'autos',
    title: 'AutoS',
    description: 'Learned: how many rounds of iterative pruning a weight with this value and gradient survives.',
  },
  {
    name: 'snip',
    title: 'SNIP',
    description: 'Effect of removing a weight on the loss before training, to first order.',
  },
  {
    name: 'iterative-snip',
    title: 'Iterative SNIP',
    description: 'SNIP repeated in the network pruned so far, a little sparser each time.',
  },
  {
    name: 'force',
    title: 'FORCE',
    description: 'SNIP repeated in the network pruned so far; removed weights can come back.',
  },
  { name: 'grasp', title: 'GraSP', description: 'Effect of removing a weight on the norm of the gradient.' },
  {
    name: 'synflow',
    title: 'SynFlow',
    description: 'Share of a weight in the flow of synaptic strength through the network, without data.',
  },
  {
    name: 'ntk-sap',
    title: 'NTK-SAP',
    description: "Effect of removing a weight's place on the network's tangent kernel, for random weights and inputs.",
  },
  {
    name: 'px',
    title: 'PX',
    description: "Share of a weight in the paths that the data takes, which bound the tangent kernel's trace.",
  },
  {
    name: 'fisher-taylor',
    title: 'Fisher-Taylor',
    description: 'Effect of removing a weight on the loss to second order, with the Fisher matrix as its curvature.',
  },
  {
    name: 'hutchinson-taylor',
    title: 'Hutchinson-Taylor',
    description: "Effect of removing a weight on the loss to second order, with probes of the Hessian's diagonal.",
  },
  {
    name: 'phew',
    title: 'PHEW',
    description: 'Random walks from inputs to outputs along large weights; what they meet first stays.',
  },
  { name: 'magnitude', title: 'Magnitude', description: 'Absolute value of the initial weight.' },
  {
    name: 'random',
    title: 'Random',
    description: 'Uniform random scores, so that every layer loses about the same fraction.',
  },
  {
    name: 'random-erk',
    title: 'Random (ERK)',
    description: 'Random weights with Erdős-Rényi-kernel layer densities: small layers stay denser.',
  },
];

/** Title of a method; its name where it is not known here. */
export function methodTitle(name: string): string {
  return METHODS.find((method) => method.name === name)?.title ?? name;
}
