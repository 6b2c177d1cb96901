"""Writes what reviews.ts, sentences.ts and friedman.ts learn from: `python generate.py`. It is made up, and the same on each run."""

import random
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent

GOOD = "good great lovely clever funny bright warm moving".split()
BAD = "bad dull awful clumsy boring weak cold tiresome".split()
DEGREES = "very really quite rather".split()
SUBJECTS = "the film|the plot|the acting|the ending|the music|each scene|the story|the dialogue".split("|")
FILLERS = "we saw it on a friday|the hall was full|it runs for two hours|somebody told us about it|the seats were red".split("|")
WORDS = ["<pad>"] + sorted(
    {word for text in [*SUBJECTS, *FILLERS, *GOOD, *BAD, *DEGREES, "is not and but"] for word in text.split()}
)
REVIEW_LENGTH = 24


def judgement(chance, positive):
    """`the plot is not very dull`: what it says is the word's opposite where it is negated."""
    negated = chance.random() < 0.4
    word = chance.choice(GOOD if positive != negated else BAD)
    degree = [chance.choice(DEGREES)] if chance.random() < 0.4 else []
    return [*chance.choice(SUBJECTS).split(), "is", *(["not"] if negated else []), *degree, word]


def review(chance):
    """Token ids of a review, padded, and whether it is good."""
    positive = chance.random() < 0.5
    parts = [judgement(chance, positive), judgement(chance, positive)]
    if chance.random() < 0.7:
        parts.insert(chance.randrange(3), chance.choice(FILLERS).split())
    words = [word for part in parts for word in part][:REVIEW_LENGTH]
    ids = [WORDS.index(word) for word in words]
    return ids + [0] * (REVIEW_LENGTH - len(ids)), int(positive)


NAMES = "anna ben clara david emma felix".split()
VERBS = {"sees": "a cat|a dog|the moon|the sea", "eats": "an apple|some bread|a pear", "reads": "a book|the paper|a letter"}
PLACES = "at home|in the garden|by the river|on the train".split("|")
CHARACTERS = "\n .abcdefghijklmnopqrstuvwxyz"
WINDOW = 32


def sentence(chance):
    verb = chance.choice(list(VERBS))
    thing = chance.choice(VERBS[verb].split("|"))
    place = f" {chance.choice(PLACES)}" if chance.random() < 0.5 else ""
    return f"{chance.choice(NAMES)} {verb} {thing}{place}.\n"


def windows(chance, count):
    """Ids of characters, and of those that follow them."""
    text = "".join(sentence(chance) for _ in range(count))
    ids = np.array([CHARACTERS.index(character) for character in text], np.int32)
    rows = (len(ids) - 1) // WINDOW
    x, y = (ids[start : start + rows * WINDOW].reshape(rows, WINDOW) for start in (0, 1))
    return x, y


def friedman(chance, count):
    """Friedman's first function (1991) of five of ten numbers between 0 and 1, with noise: y = f(x) + N(0, 1)."""
    x = chance.uniform(size=(count, 10))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    return x.astype(np.float32), (y + chance.normal(size=count)).astype(np.float32)


def write(name, train, test, kind=np.int32):
    arrays = {"train/x": train[0], "train/y": train[1], "test/x": test[0], "test/y": test[1]}
    np.savez_compressed(FOLDER / name, **{key: np.asarray(value, kind) for key, value in arrays.items()})


def main():
    chance = random.Random(1)
    reviews = [tuple(zip(*(review(chance) for _ in range(count)))) for count in (1600, 400)]
    write("reviews.npz", *reviews)
    write("sentences.npz", windows(chance, 1600), windows(chance, 300))
    numbers = np.random.default_rng(1)
    write("friedman.npz", friedman(numbers, 2000), friedman(numbers, 1000), np.float32)
    print(len(WORDS), "words;", len(CHARACTERS), "characters")


if __name__ == "__main__":
    main()
