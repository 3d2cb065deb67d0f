"""Why a file cannot be used, in words its owner can act on; nothing else belongs here."""


class RefusedFileError(Exception):
    """A file that stays in landing, unread: where, what was found, and what to do."""

    def __init__(self, found: str, *, remedy: str, line: int | None = None) -> None:
        self.found = found
        self.remedy = remedy
        self.line = line
        where = f"line {line}: " if line else ""
        super().__init__(f"{where}{found}. {remedy}")
