/** Flags of `prunelens score` and `prunelens prune` with `--structured`. */
import type { ChannelFlags as Channels } from '../../shrinking/types';

export interface ChannelFlags extends Channels {
  readonly out?: string;
}
