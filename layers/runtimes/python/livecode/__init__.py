"""What both functions share: the domain, the languages, the queue's message, settings and the data layer."""

# The service's version: of the project, of its OpenAPI document and of the newest release in CHANGELOG.md.
__version__ = "1.0.0"
