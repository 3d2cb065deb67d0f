"""The errors that end a command, each with its exit code; nothing else belongs here."""


class KpimartError(Exception):
    """A failure that the user can read: what happened, where, and what to do.

    Exit codes: 1 blocked by checks, 2 wrong config or arguments, 3 nothing could be read,
    4 internal failure.
    """

    exit_code = 4


class BlockedError(KpimartError):
    """The night was refused by the accounting, a held batch or a critical check."""

    exit_code = 1


class ConfigError(KpimartError):
    """The config or an argument is wrong; says the file, the key, what was found and allowed."""

    exit_code = 2


class NothingReadableError(KpimartError):
    """There was no export that could be read."""

    exit_code = 3
