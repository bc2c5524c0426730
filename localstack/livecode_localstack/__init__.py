"""LocalStack without Docker: its plugin and start script; and the deployment of infra/template.yaml into LocalStack."""
