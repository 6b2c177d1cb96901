/** What the parts of the check take and tell. */
import type { Computing, Executor } from '../../server/executors/types';
import type { Network } from '../../server/models/types';
import type { Precision } from '../../server/protocol/catalogue/options';
import type { ResidualForm } from './networks';
import type { PlainPytorch } from './plain';
import type { ResnetSize } from './resnet';

/** One thing that was looked at; measured only where nothing says whether it is right. */
export interface Finding {
  readonly what: string;
  readonly value: string;
  readonly passed?: boolean;
}

/** A network of ours, and what plain PyTorch makes the same of. */
export interface Subject {
  readonly title: string;
  readonly network: Network;
  /** Of images. */
  readonly size: number;
  readonly batch: number;
  readonly asked: { readonly form: ResidualForm } | { readonly width: number; readonly blocks: number };
}

export interface Sizes {
  /** Of images. */
  readonly batch: number;
  /** Every so many cases of operations. */
  readonly everyCase: number;
  readonly golden: readonly string[];
  /** Steps of a training of which two must be equal. */
  readonly trainedSteps: number;
  /** Steps that are timed together, and how often, in turns with plain PyTorch. */
  readonly timedSteps: number;
  readonly rounds: number;
  /** Runs of a program of one call, for what a message costs. */
  readonly calls: number;
  readonly prosprBatch: number;
  readonly prosprSteps: number;
  /** Of ProsPr on the network for photographs. */
  readonly photographBatch: number;
  /** Rounds of SynFlow. */
  readonly synflowRounds: number;
  /** Trainings side by side, and steps of each. */
  readonly trainings: number;
  readonly trainingSteps: number;
  readonly epochs: number;
}

export interface CheckContext {
  readonly sizes: Sizes;
  /** The residual network, of ResNet-20's size where nothing small is asked for. */
  readonly resnet: ResnetSize & { readonly network: Network };
  readonly resnet20: Subject;
  readonly resnet18: Subject;
  readonly resnet50: Subject;
  /** `cuda`, `mps`, `xpu` or `cpu`: what the device is. */
  readonly kind: string;
  readonly device: string;
  /** How many of its kind there are. */
  readonly cards: number;
  /** The repository, or what was packed of it; where reports are written; the interpreter; and whether all is small. */
  readonly root: string;
  readonly out: string;
  readonly python: string;
  readonly isSmall: boolean;
  /** That the experiment may take; undefined where it is not asked for. */
  readonly minutes: number | undefined;
  /** Folders of the golden networks, and of CIFAR-10 where it is there. */
  readonly goldenFolder: string;
  readonly data: string | undefined;
  /** The backend in a precision, which parts share; it is disposed of at the end. */
  share(precision: Precision): Promise<Executor>;
  /** Opens a backend of one's own; who opens it disposes of it. */
  open(computing?: Computing): Promise<Executor>;
  /** Starts plain PyTorch beside it. */
  startPlain(): Promise<PlainPytorch>;
  /** Tells a finding, which is written at once. */
  tell(finding: Finding): void;
}

export interface Part {
  readonly name: string;
  readonly title: string;
  /** It begins however late it is, and knows when to end. */
  readonly hasOwnTime?: true;
  /** Why it cannot be done here; undefined where it can. */
  leftOut?(context: CheckContext): string | undefined;
  run(context: CheckContext): Promise<void>;
}
