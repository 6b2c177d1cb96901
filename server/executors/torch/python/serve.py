"""Runs PruneLens programs in this interpreter's PyTorch, as the process that started it asks through file descriptor 3."""

import os
import sys

# Only this folder of ours is added to where modules come from, and it comes last: PyTorch finds its own.
sys.path.append(os.path.dirname(os.path.abspath(__file__)))

from prunelens_torch.session import serve

serve()
