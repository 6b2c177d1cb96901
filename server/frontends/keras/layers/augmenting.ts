/** Layers of Keras that change images in training, and hand them on as they are otherwise. */

const AUGMENTING = /^(?:Random[A-Z]\w*|RandAugment|AugMix|CutMix|MixUp)$/;

export function isAugmenting(className: string): boolean {
  return AUGMENTING.test(className);
}
