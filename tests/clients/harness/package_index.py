"""An index of Python packages, as files for an HTTP server."""

import base64
import hashlib
import io
import zipfile


def wheel_path(name: str) -> str:
    return f"/files/{name}-1.0-py3-none-any.whl"


def files(name: str) -> dict[str, bytes]:
    """An index that has one package."""
    path = wheel_path(name)
    page = f'<html><body><a href="{path}">{path.rsplit("/", 1)[1]}</a></body></html>'
    return {f"/simple/{name}/": page.encode(), path: wheel(name)}


def settings(host: str, port: int) -> dict[str, str]:
    """The variables that lead pip to it."""
    return {"PIP_INDEX_URL": f"http://{host}:{port}/simple", "PIP_TRUSTED_HOST": f"{host}:{port}"}


def wheel(name: str) -> bytes:
    """A package that is there and does nothing."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},"
        f"{len(text.encode())}\n"
        for path, text in files.items()
    )
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return packed.getvalue()
