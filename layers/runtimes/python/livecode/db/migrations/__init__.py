"""The migrations, frozen once merged."""
