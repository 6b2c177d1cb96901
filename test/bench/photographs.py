"""A folder of photographs in all sizes, as ImageNet has them, and reading it by plain PyTorch, in turns.

photographs.py draw FOLDER COUNT CLASSES draws JPEGs of 224 to 500 pixels a side, one in ten of each class for the test. photographs.py read
FOLDER WORKERS reads the training images as torchvision's examples do.
"""

import json
import os
import random
import resource
import sys
import time

import torch

BATCH = 64


def draw(folder, count, classes):
    from PIL import Image

    random.seed(0)
    for index in range(count):
        part = "val" if index // classes % 10 == 9 else "train"
        place = os.path.join(folder, part, f"class{index % classes:03d}")
        os.makedirs(place, exist_ok=True)
        size = random.randrange(224, 501), random.randrange(224, 501)
        # Blurred noise has about as many bytes as a photograph.
        small = size[0] // 6, size[1] // 6
        image = Image.frombytes("RGB", small, random.randbytes(3 * small[0] * small[1]))
        image.resize(size, Image.Resampling.BICUBIC).save(os.path.join(place, f"{index}.jpg"), quality=88)


def loader_of(folder, workers):
    from torch.utils.data import DataLoader
    from torchvision import datasets, transforms

    moved = [transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip(), transforms.ToTensor()]
    normalized = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    data = datasets.ImageFolder(os.path.join(folder, "train"), transforms.Compose([*moved, normalized]))
    return DataLoader(data, BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0)


def read(loader):
    began = time.perf_counter()
    for images, _ in loader:
        assert images.shape[1:] == (3, 224, 224)
    return time.perf_counter() - began


def main(folder, workers):
    torch.set_num_threads(1)
    loader = loader_of(folder, workers)
    iter(loader)
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        print(json.dumps({"seconds": read(loader)}), flush=True)
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps({"peakMegabytes": max(children, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024}), flush=True)


if __name__ == "__main__":
    command, folder, *rest = sys.argv[1:]
    if command == "draw":
        draw(folder, int(rest[0]), int(rest[1]))
    else:
        main(folder, int(rest[0]))
