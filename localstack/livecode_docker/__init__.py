"""Builds the runner's image, and finds the Docker engine that builds and runs it."""
