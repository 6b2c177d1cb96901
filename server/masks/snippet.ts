/** Python code that puts exported masks on a PyTorch model. */

export interface Snippet {
  readonly model: string;
  /** Title of the criterion. */
  readonly title: string;
  readonly sparsity: number;
  /** Name of the masks' file, beside the code. */
  readonly masksFile: string;
  /** Names of the masks: `conv1.weight`. */
  readonly names: readonly string[];
}

/** A text as a Python string literal. */
function literal(text: string): string {
  return JSON.stringify(text);
}

export function pytorchSnippet({ model, title, sparsity, masksFile, names }: Snippet): string {
  const comment = (text: string) => text.replace(/\s+/g, ' ').replaceAll('"""', '');
  return `"""Masks for ${comment(model)}: ${comment(title)} at ${sparsity} sparsity, exported by PruneLens.

Needs torch and safetensors. The model's modules must have the names and shapes of the masks:
${names.map((name) => `    ${comment(name)}`).join('\n')}
"""
from pathlib import Path

import torch
import torch.nn.utils.prune as prune
from safetensors.torch import load_file

MASKS = Path(__file__).parent / ${literal(masksFile)}


def apply_masks(model: torch.nn.Module, masks_file: Path = MASKS) -> torch.nn.Module:
    """Prunes the model in place: training keeps the masked weights at zero. prune.remove makes it permanent."""
    for name, mask in load_file(masks_file).items():
        module_name, parameter = name.rsplit(".", 1)
        module = model.get_submodule(module_name)
        weight = getattr(module, parameter)
        if weight.shape != mask.shape:
            raise ValueError(f"{name}: the mask is {tuple(mask.shape)}, the weight {tuple(weight.shape)}")
        prune.custom_from_mask(module, parameter, mask.to(weight.device))
    return model
`;
}
