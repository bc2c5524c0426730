"""The HTTP API, and the upkeep that shares its package: sweeper, dead letters and migrations."""
