"""The jail's command line: the zygote inside bubblewrap, as root or not."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import sys
from pathlib import Path

from evaluator.errors import SandboxUnavailable
from evaluator.sandbox import policy

PACKAGE = Path(__file__).resolve().parent.parent  # evaluator/: only two of its folders are bound
STAGE = Path("/run/bias-bounty-jail")  # seen in the launcher's own mount namespace only
NEEDED_PACKAGES = (
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "torch",
    "onnxruntime",
    "skops",
    "safetensors",
    "pyarrow",
)
APP, PYTHON, PACKAGES = "/opt/app", "/opt/python", "/opt/packages"
ISOLATION = """
--unshare-user --unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup --cap-drop ALL
--cap-add CAP_SYS_ADMIN --die-with-parent --new-session --clearenv --hostname jail
""".split()  # noqa: SIM905 - a list to read


def find_program(name: str, package: str) -> str:
    """The path of a program. Raises SandboxUnavailable naming the package to install."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        raise SandboxUnavailable(f"{name} is not installed: install the package {package!r}")
    return found


def jail_command(arguments: list[str], *, gpu: bool = False) -> list[str]:
    """The command that runs `python ARGUMENTS` in the jail. Raises SandboxUnavailable."""
    bwrap = find_program("bwrap", "bubblewrap")
    binds = _binds()
    if os.geteuid() != 0:
        return [bwrap, *_arguments(binds, gpu), *arguments]
    # bubblewrap as real root would leave root's files writable and RLIMIT_NPROC without effect, and the
    # unprivileged user may not traverse a home like /root: so bind what it needs under a public path first.
    staged = {STAGE / str(number): source for number, source in enumerate(binds.values())}
    inside = dict(zip(binds, staged, strict=True))
    drop = [
        find_program("setpriv", "util-linux"),
        f"--reuid={policy.UNPRIVILEGED_ID}",
        f"--regid={policy.UNPRIVILEGED_ID}",
        "--clear-groups",
        "--inh-caps=-all",
    ]
    script = _staging_script(staged) + shlex.join(
        ["exec", *drop, bwrap, *_arguments(inside, gpu), *arguments]
    )
    return [
        find_program("unshare", "util-linux"),
        "--mount",
        "--propagation",
        "private",
        "/bin/sh",
        "-ec",
        script,
    ]


def _binds() -> dict[str, Path]:
    """What the jail sees of ours: target -> source. Never the application's tree."""
    binds = {
        f"{APP}/evaluator/runtime": PACKAGE / "runtime",
        f"{APP}/evaluator/sandbox/jail": PACKAGE / "sandbox" / "jail",
    }
    base, name = Path(sys.base_prefix).resolve(), f"python{sys.version_info.major}.{sys.version_info.minor}"
    if base == Path("/usr"):  # its libraries are bound with the system's
        binds[f"/usr/bin/{name}"] = base / "bin" / name
    else:
        binds[f"{PYTHON}/bin/{name}"] = base / "bin" / name
        binds[f"{PYTHON}/lib"] = base / "lib"
    for number, folder in enumerate(_package_folders()):
        binds[f"{PACKAGES}/{number}"] = folder
    missing = [str(source) for source in binds.values() if not source.exists()]
    if missing:
        raise SandboxUnavailable(f"{missing[0]} does not exist, so the jail cannot be furnished")
    return binds


def _package_folders() -> list[Path]:
    """The site-packages folders that hold the libraries, without importing any of them here."""
    folders: list[Path] = []
    for name in NEEDED_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise SandboxUnavailable(f"the Python package {name!r} is not installed")
        folder = Path(spec.origin).parent.parent
        if folder not in folders:
            folders.append(folder)
    return folders


def _staging_script(staged: dict[Path, Path]) -> str:
    """A small tmpfs with one bind mount a source. sh -e stops at the first failure."""
    lines = [f"mkdir -p {STAGE}", f"mount -t tmpfs -o size=1m,mode=755 tmpfs {STAGE}"]
    for target, source in staged.items():
        make = "mkdir" if source.is_dir() else "touch"
        lines.append(f"{make} {target}")
        lines.append(f"mount --bind {shlex.quote(str(source))} {target}")
    return "\n".join(lines) + "\n"


def _arguments(binds: dict[str, Path], gpu: bool) -> list[str]:
    out = list(ISOLATION)
    for folder in policy.SYSTEM_LIBRARIES:
        if Path(folder).is_dir() and not Path(folder).is_symlink():
            out += ["--ro-bind", folder, folder]
    for link in map(Path, policy.SYSTEM_LINKS):
        if link.is_symlink():
            out += ["--symlink", str(link.readlink()), str(link)]
        elif link.is_dir():
            out += ["--ro-bind", str(link), str(link)]
    if Path(policy.TIME_ZONES).is_dir():
        out += ["--ro-bind", policy.TIME_ZONES, policy.TIME_ZONES]
    for target, source in binds.items():
        out += ["--ro-bind", str(source), target]
    for device in [*policy.DEVICES, *(gpu_devices() if gpu else [])]:
        out += ["--dev-bind", device, device]
    # /tmp is a mount point only: nothing that one job could write may be there for the next.
    out += ["--proc", "/proc", "--dir", "/tmp"]  # noqa: S108 - the jail's own
    packages = [target for target in binds if target.startswith(PACKAGES)]
    environment = {**policy.ENVIRONMENT, "PYTHONPATH": ":".join([APP, *packages])}
    if f"{PYTHON}/lib" in binds:
        environment["LD_LIBRARY_PATH"] = f"{PYTHON}/lib"
    for name, value in environment.items():
        out += ["--setenv", name, value]
    interpreter = next(target for target in binds if "/bin/python" in target)
    # -S: no site, so that no .pth file of a package runs; -s: no user's folder.
    return [*out, "--remount-ro", "/", "--chdir", "/", interpreter, "-S", "-s", "-B"]


def gpu_devices() -> list[str]:
    """Device nodes of NVIDIA's driver, one by one."""
    return sorted(str(node) for node in Path("/dev").glob("nvidia*") if node.is_char_device())
