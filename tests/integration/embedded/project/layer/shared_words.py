"""Stands for what a layer holds."""

WORD = "from the layer"
