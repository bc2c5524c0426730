"""The step of a deployment that brings the database up to date."""
