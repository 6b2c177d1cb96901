"""The items of one batch, with what is checked of all together where that is quicker than of each."""

import torch

from .items import are_finite


class Batch:
    """Collects items of a source. Each is looked at when it comes, but for its values: they are for the whole batch, or for `check`."""

    def __init__(self, source, form, classes):
        self.source = source
        self.form = form
        self.classes = classes
        self.indices = []
        self.examples = []
        self.labels = []

    def add(self, index, example, label):
        """Raises Failure where the item has another form than the first one."""
        self.indices.append(index)
        self.examples.append(self.form.example(example, self.source, index))
        self.labels.append(self.form.label(label, self.source, index, self.classes))

    def check(self):
        """Raises Failure for the first item that holds a value that is not finite."""
        for place, example in enumerate(self.examples):
            self.form.check_example(example, self.source, self.indices[place])
            # The last item may have failed by its label.
            if place < len(self.labels):
                self.form.check_label(self.labels[place], self.source, self.indices[place])

    def tensors(self):
        """(examples, labels), one after the other. Raises Failure as `check` does."""
        examples, labels = torch.stack(self.examples), stack_labels(self.labels)
        if not all(are_finite(values) for values in (examples, labels) if values.is_floating_point()):
            self.check()
        return examples, labels


def stack_labels(labels):
    """Labels as `Form.label` gives them, one after the other: int32 or float32."""
    return torch.tensor(labels).to(torch.int32) if isinstance(labels[0], int) else torch.stack(labels)
