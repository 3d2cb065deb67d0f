"""How much a delivered file may hold, so that none fills disk or memory."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=1)]


class Limits(BaseModel):
    """Of one file: bytes it may unpack to, members of an archive, bytes of a workbook and a JSON.

    A workbook and a JSON document are read in memory; JSON Lines and CSV are not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unpacked_bytes: Count = 20 * 1024**3
    members: Count = 1_000
    workbook_bytes: Count = 512 * 1024**2
    json_bytes: Count = 256 * 1024**2
