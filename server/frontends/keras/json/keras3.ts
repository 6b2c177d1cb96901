/** What Keras 3 means differently by a name that it shares with Keras 2 and TensorFlow.js. */
import type { Node } from 'jsonc-parser';
import { UserError } from '../../../protocol/errors';
import { child, elements, type JsonDocument, stringValue } from './jsonNodes';

/** Keras 3 writes each object's module; older files say their version, or nothing. */
function isKeras3(document: JsonDocument, model: Node): boolean {
  const version = stringValue(child(document.root, 'keras_version')) ?? stringValue(child(model, 'keras_version'));
  return version === undefined ? child(model, 'module') !== undefined : Number.parseInt(version, 10) >= 3;
}

function isHardSigmoid(activation: Node | undefined): boolean {
  const name = stringValue(activation) ?? stringValue(child(activation, 'config'));
  return name === 'hard_sigmoid';
}

/**
 * Keras 3's hard_sigmoid is relu6(x + 3) / 6; in Keras 2 and TensorFlow.js the name means clip(0.2 x + 0.5, 0, 1), which is
 * what this product computes. A file of Keras 3 that names it is refused rather than scored as another network.
 *
 * @throws UserError with the layer's name and line.
 */
export function refuseKeras3HardSigmoid(document: JsonDocument, model: Node): void {
  if (!isKeras3(document, model)) return;
  const visit = (node: Node): void => {
    const config = child(node, 'config');
    const activation = child(config, 'activation');
    if (stringValue(child(node, 'class_name')) !== undefined && isHardSigmoid(activation)) {
      const layer = stringValue(child(config, 'name')) ?? stringValue(child(node, 'class_name'));
      throw new UserError(
        `The layer "${layer}" has Keras 3's hard_sigmoid, relu6(x + 3) / 6; the one that is supported is that of Keras 2.`,
        {
          location: document.locate(activation!.offset),
          hint: 'Use sigmoid, or an activation that both versions define alike, and write the file anew.',
        },
      );
    }
    for (const inner of node.type === 'object' || node.type === 'array' ? elements(node) : []) visit(inner);
  };
  visit(model);
}
