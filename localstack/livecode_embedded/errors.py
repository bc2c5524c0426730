"""What keeps the stack from starting; the message is one sentence, printed as it is."""


class StackError(Exception):
    """The stack cannot start or go on; its text is what the user reads."""


class UnsupportedTemplate(StackError):
    """The template says something that has no meaning here."""
