/** Measures of a segmentation from its confusion matrix, `counts[t * classes + p]` being the pixels of class t predicted as p. */

/** Fraction of all pixels whose class was predicted, 0 … 1. */
export function pixelAccuracy(counts: ArrayLike<number>, classes: number): number {
  let total = 0;
  let correct = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i];
  for (let label = 0; label < classes; label++) correct += counts[label * (classes + 1)];
  return correct / total;
}

/**
 * Intersection over union of each class: true positives / (true positives + false positives + false negatives), over all
 * pixels together. NaN of a class that neither occurs nor is predicted.
 */
export function intersectionsOverUnions(counts: ArrayLike<number>, classes: number): number[] {
  return Array.from({ length: classes }, (_, label) => {
    let union = 0;
    for (let other = 0; other < classes; other++) {
      union += counts[label * classes + other];
      if (other !== label) union += counts[other * classes + label];
    }
    return counts[label * (classes + 1)] / union;
  });
}

/** Mean of the intersections over unions, background included, over the classes that occur or are predicted. */
export function meanIntersectionOverUnion(counts: ArrayLike<number>, classes: number): number {
  const values = intersectionsOverUnions(counts, classes).filter((value) => !Number.isNaN(value));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
