/** Which backend `auto` takes, of those whose speeds are known. */

export interface Ranked {
  readonly name: string;
  /** Images a second. */
  readonly speed: number;
}

/** A backend is left for one that is faster by more than this. */
const MARGIN = 1.1;

/**
 * The order in which backends are tried: the fastest first, but the one that was taken before stays as long as none is faster by
 * more than 10 %. Equal ones stay in the order that they are given in.
 */
export function rank(candidates: readonly Ranked[], before: string | undefined): readonly Ranked[] {
  const bySpeed = candidates.toSorted((a, b) => b.speed - a.speed);
  const stays = bySpeed.find(({ name }) => name === before);
  if (!stays || bySpeed[0].speed > MARGIN * stays.speed) return bySpeed;
  return [stays, ...bySpeed.filter((one) => one !== stays)];
}

/** Why `auto` does not take a backend, as a clause; undefined of the one that it takes. */
export function passedOver({ name, speed }: Ranked, [first]: readonly Ranked[]): string | undefined {
  if (name === first.name) return undefined;
  const ratio = first.speed / speed;
  if (ratio >= MARGIN) return `passed over: ${first.name} is ${ratio.toFixed(1)} times as fast`;
  return `passed over: ${first.name} is about as fast`;
}
