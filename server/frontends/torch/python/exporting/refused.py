"""What an export refuses."""


class ExportRefused(Exception):
    """The model cannot be exported, or not rightly: a message for the user, with file and line where they are known."""

    def __init__(self, message, file=None, line=None, hint=None):
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.hint = hint
