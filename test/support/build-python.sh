#!/usr/bin/env bash
# Makes a Python environment with PyTorch for the CPU, and with Keras, for testing what runs in the user's interpreter. Development
# only: users have their own. Needs python3 with pip.
#
# Usage: build-python.sh FOLDER [VERSION]      FOLDER/bin/python is the interpreter; the tests look for .cache/python, or for what
# PRUNELENS_TEST_PYTHON names. VERSION of torch: another than the newest that is tested, such as the oldest that serves. PyPI has
# torch with CUDA: name another index in PIP_INDEX_URL for wheels without (https://download.pytorch.org/whl/cpu). Keras, which
# computes with PyTorch here, needs Python 3.11.
set -euo pipefail
folder=$1
torch=${2:-2.13.0}
keras=3.15.1
python=$folder/bin/python
has() { [ -x "$python" ] && "$python" -c "$1" 2>/dev/null; }
install() { "$python" -m pip install --quiet --disable-pip-version-check "$@" 2>/dev/null; }
if ! has "import torch, numpy; assert torch.__version__.startswith('$torch')"; then
  python3 -m venv "$folder"
  install "torch==$torch" numpy
fi
has "from importlib.metadata import version; assert version('keras') == '$keras'" ||
  (unset PIP_INDEX_URL && install "keras==$keras") ||
  echo "Keras $keras could not be installed: tests that need it are left out." >&2
