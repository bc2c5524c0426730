"""What both functions share: the domain, the languages, the queue's message, settings and the data layer."""
