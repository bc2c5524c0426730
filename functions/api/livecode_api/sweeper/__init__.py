"""Upkeep, each minute and for each dead letter: no execution stays unfinished for good."""
