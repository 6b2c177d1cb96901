"""Folders of photographs as ImageNet has them: cropped at random for training, in the middle for a test, and read one at a time."""

import os

from prunelens_loader.failures import Failure

TEST_FOLDERS = ("val", "test", "validation", "valid")

# Of ImageNet's pixels, by which networks for photographs are fed.
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)

SIZE = (224, 224)

# The shorter side of a test image before its middle is cut out, by what is cut out.
MARGIN = 256 / 224


def image_folder(sets, transforms, folder, size):
    """The (train, test) pair of a folder with train/<class>/… and val/<class>/…, or the data set of a folder with a folder a class.

    `size` is [height, width], that of the network's input where it is known.
    """
    size = tuple(size or SIZE)
    to_tensor = [transforms.ToTensor(), transforms.Normalize(MEAN, DEVIATION)]
    larger = [round(extent * MARGIN) for extent in size]
    still = transforms.Compose([transforms.Resize(max(larger)), transforms.CenterCrop(size), *to_tensor])
    moved = transforms.Compose([transforms.RandomResizedCrop(size), transforms.RandomHorizontalFlip(), *to_tensor])
    test = next((name for name in TEST_FOLDERS if os.path.isdir(os.path.join(folder, name))), None)
    if test is None or not os.path.isdir(os.path.join(folder, "train")):
        return _opened(sets, folder, still)
    pair = _opened(sets, os.path.join(folder, "train"), moved), _opened(sets, os.path.join(folder, test), still)
    if pair[0].classes != pair[1].classes:
        other = sorted({*pair[0].classes} ^ {*pair[1].classes})[0]
        raise Failure(f'Only one of train and {test} in {folder} has the class "{other}".', None, "Both need the same folders.", "usage")
    return pair


def _opened(sets, folder, transform):
    try:
        return sets.ImageFolder(folder, transform)
    except (OSError, RuntimeError) as error:
        told = str(error).strip().splitlines()[0]
        hint = "It has a folder for each class, with its images; or train and val, which have those."
        raise Failure(f"torchvision cannot open ImageFolder in {folder}: {told.rstrip('.')}.", None, hint, "usage") from None
