"""A training script of PyTorch with a model, a data set and transforms of its own. `prunelens` takes the first three from here, and two lines
in `main` keep the model pruned. docs/pytorch.md goes through it."""

import os
import runpy

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset

SIZE = 16
CLASSES = ["disc", "square", "cross"]


def draw(kind, row, column, radius):
    """A picture [1, SIZE, SIZE] of a shape around a place."""
    rows = torch.arange(SIZE).reshape(-1, 1) - row
    columns = torch.arange(SIZE).reshape(1, -1) - column
    if kind == 0:
        inside = rows**2 + columns**2 <= radius**2
    elif kind == 1:
        inside = (rows.abs() < radius) & (columns.abs() < radius)
    else:
        inside = (rows.abs() <= radius) & (columns.abs() <= radius) & ((rows.abs() < 1) | (columns.abs() < 1))
    return inside.float().unsqueeze(0)


class RandomFlip:
    def __call__(self, image):
        return image.flip(2) if torch.rand(()) < 0.5 else image


class RandomShift:
    def __init__(self, pixels):
        self.pixels = pixels

    def __call__(self, image):
        rows, columns = torch.randint(-self.pixels, self.pixels + 1, (2,)).tolist()
        return image.roll((rows, columns), (1, 2))


class AddNoise:
    def __init__(self, deviation):
        self.deviation = deviation

    def __call__(self, image):
        return image + self.deviation * torch.randn(image.shape)


class Shapes(Dataset):
    """Pictures of discs, squares and crosses."""

    classes = CLASSES

    def __init__(self, count, seed, transforms=()):
        generator = torch.Generator().manual_seed(seed)
        self.targets = torch.randint(len(CLASSES), (count,), generator=generator)
        places = torch.randint(5, SIZE - 5, (count, 2), generator=generator).tolist()
        radii = torch.randint(2, 5, (count,), generator=generator).tolist()
        self.images = [draw(int(kind), *place, radius) for kind, place, radius in zip(self.targets, places, radii)]
        self.transforms = transforms

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = self.images[index]
        for transform in self.transforms:
            image = transform(image)
        return image, int(self.targets[index])


train_set = Shapes(480, seed=1, transforms=[RandomFlip(), RandomShift(1), AddNoise(0.1)])
test_set = Shapes(192, seed=2)
data = (train_set, test_set)


class Net(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Linear(2 * width * (SIZE // 4) ** 2, len(CLASSES))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def main(epochs=4):
    torch.manual_seed(0)
    model = Net()
    # The two lines that keep it pruned are the imports above and this one.
    masks = runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), "shapes.masks.py"))
    masks["apply"](model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    for _ in range(epochs):
        model.train()
        for images, labels in DataLoader(train_set, batch_size=32, shuffle=True):
            optimizer.zero_grad()
            cross_entropy(model(images), labels).backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum(int((model(images).argmax(1) == labels).sum()) for images, labels in DataLoader(test_set, batch_size=64))
    found = masks["check"](model)
    print(f"test accuracy {right / len(test_set):.3f}, sparsity {found['sparsity']:.3f}, revived weights {found['revived']}")


if __name__ == "__main__":
    main()
