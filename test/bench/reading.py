"""Reading of images by plain PyTorch, in turns: reading.py WORKERS. `train_set` is what PruneLens reads beside it.

Images of 32 x 32 pixels, as bytes; each item is cropped at random, flipped at random and normalized, as training on CIFAR-10 does.
"""

import json
import random
import resource
import sys
import time

import torch
from torch.utils.data import DataLoader, Dataset

COUNT = 2048
BATCH = 64


class Images(Dataset):
    def __init__(self, count=COUNT):
        generator = torch.Generator().manual_seed(0)
        self.images = torch.randint(256, (count, 3, 32, 32), dtype=torch.uint8, generator=generator)
        self.labels = torch.randint(10, (count,), generator=generator)
        self.mean = torch.tensor([0.49, 0.48, 0.45]).reshape(3, 1, 1)
        self.deviation = torch.tensor([0.25, 0.24, 0.26]).reshape(3, 1, 1)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = torch.nn.functional.pad(self.images[index].float() / 255, (4, 4, 4, 4))
        top, left = random.randrange(9), random.randrange(9)
        image = image[:, top : top + 32, left : left + 32]
        if random.random() < 0.5:
            image = image.flip(2)
        return (image - self.mean) / self.deviation, int(self.labels[index])


train_set = Images()


def read(loader):
    began = time.perf_counter()
    count = sum(len(labels) for _, labels in loader)
    assert count == COUNT
    return time.perf_counter() - began


def main(workers):
    torch.set_num_threads(1)
    loader = DataLoader(train_set, BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0)
    read(loader)
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        print(json.dumps({"seconds": read(loader)}), flush=True)
    print(json.dumps({"peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
