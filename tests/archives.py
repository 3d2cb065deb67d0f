"""Archives as bytes."""

import io
import zipfile


def zipped(**members: bytes) -> bytes:
    """A zip of these members."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()
