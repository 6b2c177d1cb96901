/**
 * Optimizers of ProsPr's inner steps, as expressions of one parameter. The adjoint of a step follows from the same
 * expression through vjp, so that any optimizer written here can be differentiated through.
 */
import { vjp } from '../graph/autodiff';
import type { Builder } from '../graph/builder';
import { scale, square } from '../graph/compose';
import type { Node } from '../graph/types';
import type { ChosenOptions, InnerOptimizer } from './types';

/** A parameter, the gradient it steps by (weight decay included), and the optimizer's state, by slot. */
export interface InnerState {
  readonly weight: Node;
  readonly gradient: Node;
  readonly state: { readonly [slot: string]: Node };
}

export interface StepRule {
  /** What is stored for each parameter between steps, in its shape, starting at zero. */
  readonly slots: readonly string[];
  /** Numbers that change from step to step, as inputs of the program. */
  readonly scalars: readonly string[];
  /** Whether a step's derivative depends on the state before it, which then has to be kept for the way back. */
  readonly keepsState: boolean;
  /** Values of the scalars in step `step`, counted from 0. */
  scalarValues(step: number): { readonly [name: string]: number };
  /** The parameter and the state after the step. */
  step(b: Builder, before: InnerState): { readonly weight: Node; readonly state: { readonly [slot: string]: Node } };
}

type Rates = Pick<ChosenOptions, 'innerLearningRate' | 'innerMomentum' | 'innerEpsilon'>;

/** Adam's decay rates, those of its paper. */
const beta1 = 0.9;
const beta2 = 0.999;
/** Second moments below this count as this much, where a root would have no derivative. */
const smallestMoment = 1e-24;

/** w' = w - lr g. */
function plain({ innerLearningRate }: Rates): StepRule {
  return {
    slots: [],
    scalars: [],
    keepsState: false,
    scalarValues: () => ({}),
    step: (b, { weight, gradient }) => ({
      weight: b.subtract(weight, scale(b, gradient, innerLearningRate)),
      state: {},
    }),
  };
}

/** m' = mu m + g;  w' = w - lr m', or with Nesterov's momentum w' = w - lr (g + mu m'). */
function heavyBall({ innerLearningRate, innerMomentum }: Rates, nesterov: boolean): StepRule {
  return {
    slots: ['momentum'],
    scalars: [],
    keepsState: false,
    scalarValues: () => ({}),
    step(b, { weight, gradient, state }) {
      const momentum = b.add(scale(b, state.momentum, innerMomentum), gradient);
      const direction = nesterov ? b.add(gradient, scale(b, momentum, innerMomentum)) : momentum;
      return { weight: b.subtract(weight, scale(b, direction, innerLearningRate)), state: { momentum } };
    },
  };
}

/**
 * Adam (Kingma & Ba 2015), t counted from 1:
 * m' = b1 m + (1 - b1) g;  v' = b2 v + (1 - b2) g²;  w' = w - lr m'/(1 - b1^t) / (sqrt(v'/(1 - b2^t)) + epsilon).
 * Its derivative by g is about 1/(|g| + epsilon) where v is small: epsilon decides how long the adjoint can get.
 */
function adam({ innerLearningRate, innerEpsilon }: Rates): StepRule {
  return {
    slots: ['momentum', 'second-moment'],
    scalars: ['inner/correction1', 'inner/correction2'],
    keepsState: true,
    scalarValues: (step) => ({
      'inner/correction1': 1 / (1 - beta1 ** (step + 1)),
      'inner/correction2': 1 / (1 - beta2 ** (step + 1)),
    }),
    step(b, { weight, gradient, state }) {
      const momentum = b.add(scale(b, state.momentum, beta1), scale(b, gradient, 1 - beta1));
      const second = b.add(scale(b, state['second-moment'], beta2), scale(b, square(b, gradient), 1 - beta2));
      const corrected = b.multiply(second, b.input('inner/correction2', []));
      const root = b.sqrt(b.maximum(corrected, b.constant(smallestMoment)));
      const rate = scale(b, b.input('inner/correction1', []), innerLearningRate);
      const move = b.multiply(b.divide(momentum, b.add(root, b.constant(innerEpsilon))), rate);
      return { weight: b.subtract(weight, move), state: { momentum, 'second-moment': second } };
    },
  };
}

/** The rule of an inner optimizer. */
export function stepRule(optimizer: InnerOptimizer, rates: Rates): StepRule {
  switch (optimizer) {
    case 'sgd':
      return plain(rates);
    case 'momentum':
      return heavyBall(rates, false);
    case 'nesterov':
      return heavyBall(rates, true);
    case 'adam':
      return adam(rates);
  }
}

/** Adjoints of one parameter: the derivatives of the outer loss by its weight and its optimizer's state. */
export interface Adjoints {
  readonly weight: Node;
  readonly state: { readonly [slot: string]: Node };
}

/**
 * From the adjoints after a step to those before it, the gradient taken as a variable of its own: its adjoint l_g goes
 * on through the loss as H l_g. For momentum this is l_m <- l_m - lr l_w; l_g = l_m; l_m <- mu l_m.
 */
export function pullStep(
  b: Builder,
  rule: StepRule,
  before: InnerState,
  after: Adjoints,
): Adjoints & { readonly gradient: Node } {
  // Cut off from the loss it comes from, the gradient is a variable.
  const variable = b.stopGradient(before.gradient);
  const stepped = rule.step(b, { ...before, gradient: variable });
  const [weight, gradient, ...state] = vjp(
    b,
    [stepped.weight, ...rule.slots.map((slot) => stepped.state[slot])],
    [after.weight, ...rule.slots.map((slot) => after.state[slot])],
    [before.weight, variable, ...rule.slots.map((slot) => before.state[slot])],
  );
  return { weight, gradient, state: Object.fromEntries(rule.slots.map((slot, i) => [slot, state[i]])) };
}
