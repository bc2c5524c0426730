"""`make probe`: asks a runner what its environment really allows, and shows the answer."""
