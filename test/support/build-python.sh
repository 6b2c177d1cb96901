#!/usr/bin/env bash
# Makes a Python environment with PyTorch for the CPU, for testing what runs in the user's interpreter. Development only: users
# have their own. Needs python3 with pip.
#
# Usage: build-python.sh FOLDER [VERSION]      FOLDER/bin/python is the interpreter; the tests look for .cache/python, or for what
# PRUNELENS_TEST_PYTHON names. VERSION of torch: another than the newest that is tested, such as the oldest that serves. PyPI has
# torch with CUDA: name another index in PIP_INDEX_URL for wheels without (https://download.pytorch.org/whl/cpu).
set -euo pipefail
folder=$1
torch=${2:-2.13.0}
python=$folder/bin/python
if [ -x "$python" ] && "$python" -c "import torch, numpy; assert torch.__version__.startswith('$torch')" 2>/dev/null; then exit 0; fi
python3 -m venv "$folder"
"$python" -m pip install --quiet --disable-pip-version-check "torch==$torch" numpy 2>/dev/null
