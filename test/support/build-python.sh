#!/usr/bin/env bash
# Makes a Python environment with PyTorch for the CPU, for testing what runs in the user's interpreter. Development only: users
# have their own. Needs python3 with pip.
#
# Usage: build-python.sh FOLDER      FOLDER/bin/python is the interpreter; the tests look for .cache/python.
set -euo pipefail
folder=$1
torch=2.13.0
python=$folder/bin/python
if [ -x "$python" ] && "$python" -c "import torch, numpy; assert torch.__version__.startswith('$torch')" 2>/dev/null; then exit 0; fi
python3 -m venv "$folder"
"$python" -m pip install --quiet --disable-pip-version-check "torch==$torch" numpy 2>/dev/null
