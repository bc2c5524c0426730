"""The embedded stack: infra/template.yaml running whole on one machine, with neither Docker nor LocalStack."""
