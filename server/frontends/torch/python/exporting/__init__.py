"""From a constructed `nn.Module` to a description of plain data (`export_model.py`)."""
