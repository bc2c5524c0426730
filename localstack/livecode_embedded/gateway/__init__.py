"""API Gateway on this machine: the template's REST API over HTTP, as proxy events to its functions."""
