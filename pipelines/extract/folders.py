"""Where exports arrive: a folder on this machine, or one that fsspec reaches (s3://, gs://, az://).

Says which files a source's folder holds and brings one here to be read; it never writes, moves or
deletes there. What a file holds is nobody's business here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from pipelines.errors import ConfigError, NothingReadableError
from pipelines.extract.refusal import RefusedFileError
from pipelines.settings import Settings

UNFINISHED = (".tmp", ".part")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The package that speaks each protocol, as the project's extras name it.
EXTRAS = {"s3": ("s3fs", "s3"), "gs": ("gcsfs", "gs"), "az": ("adlfs", "az")}


@dataclass(frozen=True, kw_only=True)
class Found:
    """A file in a source's folder, by its path below it.

    `stamp` is another one whenever the content may be: size and time of writing, or the store's
    tag. `written_at`: naive UTC.
    """

    name: str
    stamp: str
    written_at: datetime


class Folder(Protocol):
    """The landing folder of a company, one folder per source in it."""

    def __str__(self) -> str:
        """Its address, for messages."""
        ...

    def names(self) -> list[str]:
        """Files and folders directly in it, by name."""
        ...

    def files(self, source: str) -> Iterator[Found]:
        """The finished, visible files of one source, by name."""
        ...

    def stamp(self, source: str, name: str) -> str:
        """The stamp of a file as it is now; empty when it is gone."""
        ...

    def fetched(self, source: str, name: str, *, scratch: Path) -> Path:
        """Where the file can be read.

        Raises:
            RefusedFileError: it leads out of the source's folder, or is gone.
        """
        ...


def landing_of(settings: Settings) -> Folder:
    """The company's landing folder.

    Raises:
        NothingReadableError: there is none.
        ConfigError: what speaks its protocol is not installed.
    """
    if settings.landing_url:
        return RemoteFolder(settings.landing_url, options=settings.paths.landing_options)
    if not settings.landing_dir.is_dir():
        raise NothingReadableError(
            f"{settings.landing_dir}: there is no landing folder. Make it, with one folder per "
            "source of the config, and put exports there; or mend paths.landing in "
            f"{settings.config_path}"
        )
    return LocalFolder(settings.landing_dir)


class LocalFolder:
    """A folder of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __str__(self) -> str:
        """Its path."""
        return str(self._path)

    def names(self) -> list[str]:
        """Files and folders directly in it, by name."""
        return sorted(path.name for path in self._path.iterdir())

    def files(self, source: str) -> Iterator[Found]:
        """The finished, visible files of one source, by name."""
        folder = self._path / source
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if path.is_file() and _is_wanted(name.as_posix()):
                status = path.stat()
                yield Found(
                    name=name.as_posix(),
                    stamp=f"{status.st_size} {status.st_mtime_ns}",
                    written_at=_moment(status.st_mtime_ns // 1000),
                )

    def stamp(self, source: str, name: str) -> str:
        """The stamp of a file as it is now; empty when it is gone."""
        try:
            status = (self._path / source / name).stat()
        except FileNotFoundError:
            return ""
        return f"{status.st_size} {status.st_mtime_ns}"

    def fetched(self, source: str, name: str, *, scratch: Path) -> Path:
        """Where the file lies.

        Raises:
            RefusedFileError: it is a link out of the source's folder.
        """
        folder = self._path / source
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise RefusedFileError(
                f"it is a link to {path.resolve()}, outside of the source's folder",
                remedy="Put the file itself there",
            )
        return path


class RemoteFolder:
    """A folder in an object store."""

    def __init__(self, url: str, *, options: dict[str, Any]) -> None:
        self._url = url.rstrip("/")
        self._store, self._root = _opened(self._url, options)
        try:
            self.names()
        except Exception as error:  # each store has errors of its own; all of them end the run
            raise NothingReadableError(
                f"{self._url}: the landing folder cannot be listed: {error}. Mend paths.landing, "
                "make the folder, or give this process the keys of the store by its environment"
            ) from error

    def __str__(self) -> str:
        """Its address."""
        return self._url

    def names(self) -> list[str]:
        """Files and folders directly in it, by name."""
        listed = self._store.ls(self._root, detail=False)
        return sorted(PurePosixPath(path).name for path in listed)

    def files(self, source: str) -> Iterator[Found]:
        """The finished, visible files of one source, by name."""
        folder = f"{self._root}/{source}"
        listed: dict[str, dict[str, Any]] = self._store.find(folder, detail=True)
        for path, about in sorted(listed.items()):
            name = path.removeprefix(f"{folder}/")
            if about["type"] == "file" and _is_wanted(name) and not name.endswith("/"):
                yield Found(name=name, stamp=_tag(about), written_at=_written_at(about))

    def stamp(self, source: str, name: str) -> str:
        """The stamp of a file as it is now; empty when it is gone."""
        self._store.invalidate_cache()
        try:
            return _tag(self._store.info(f"{self._root}/{source}/{name}"))
        except FileNotFoundError:
            return ""

    def fetched(self, source: str, name: str, *, scratch: Path) -> Path:
        """A copy in the scratch folder, by the file's own name.

        Raises:
            RefusedFileError: it is gone.
        """
        target = scratch / PurePosixPath(name).name
        try:
            self._store.get_file(f"{self._root}/{source}/{name}", str(target))
        except FileNotFoundError as error:
            raise RefusedFileError(
                "it is gone since it was listed", remedy="Land it again"
            ) from error
        return target


def _opened(url: str, options: dict[str, Any]) -> tuple[Any, str]:
    """The store and the folder's path in it."""
    import fsspec  # late: only a remote landing needs it

    package, extra = EXTRAS[url.split("://", 1)[0]]
    if find_spec(package) is None:
        raise ConfigError(
            f"{url}: {package} is not installed. In the project's folder, run: "
            f"pip install -e '.[{extra}]'"
        )
    store, root = fsspec.url_to_fs(url, **options)
    return store, str(root).rstrip("/")


def _is_wanted(name: str) -> bool:
    is_hidden = any(part.startswith(".") for part in PurePosixPath(name).parts)
    return not is_hidden and not name.endswith(UNFINISHED)


def _tag(about: dict[str, Any]) -> str:
    """Size and the store's own tag of a content, else the moment of writing."""
    tag = about.get("ETag") or about.get("etag") or about.get("md5Hash")
    return f"{about['size']} {tag or _written_at(about).isoformat()}"


def _written_at(about: dict[str, Any]) -> datetime:
    """The moment of writing: the stores name it differently."""
    told = next(
        value
        for key in ("LastModified", "last_modified", "mtime", "updated")
        if (value := about.get(key))
    )
    at = told if isinstance(told, datetime) else datetime.fromisoformat(str(told))
    return at.astimezone(UTC).replace(tzinfo=None)


def _moment(microseconds: int) -> datetime:
    return (EPOCH + timedelta(microseconds=microseconds)).replace(tzinfo=None)
