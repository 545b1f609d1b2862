"""A build gives the same bytes wherever it runs, and never half a site (T15, T16 of the fault list)."""

from __future__ import annotations

import hashlib  # noqa: TID251 - an independent look at the bytes
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.site.workspace import KEPT, copy_small

ROOT = Path(__file__).resolve().parent.parent.parent
NOW = "2026-11-20T15:04:10Z"


def tidings(*args: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "publisher", *args],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_twenty_builds_in_twenty_surroundings_give_the_same_bytes(tmp_path: Path) -> None:
    """T15: time zone, language, hash seed, folder order and working folder leave no trace."""
    zones = ["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati", "Europe/Berlin"]
    languages = ["C", "C.UTF-8", "POSIX", "de_DE.UTF-8"]
    site = copy_small(tmp_path / "here")
    # the same files written in the opposite order: another directory order on most file systems
    turned = tmp_path / "turned"
    for path in sorted(site.rglob("*"), reverse=True):
        if path.is_file():
            place = turned / path.relative_to(site)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
    trees = []
    for n in range(20):
        out = tmp_path / f"out-{n}"
        done = tidings(
            "--root", str(turned if n % 2 else site), "--now", NOW, "build", "--out", str(out),
            cwd=tmp_path if n % 3 else Path("/"),
            env={
                "TZ": zones[n % len(zones)],
                "LC_ALL": languages[n % len(languages)],
                "LANG": languages[n % len(languages)],
                "PYTHONHASHSEED": str(n * 7919),
                # every fifth build makes its frames anew
                "TIDINGS_CACHE": str(tmp_path / f"cache-{n // 5}"),
            },
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout
        trees.append(tree(out))
    assert len(trees[0]) > 60
    for n, other in enumerate(trees[1:], 1):
        different = {path for path in {*trees[0], *other} if trees[0].get(path) != other.get(path)}
        assert not different, f"build {n} differs in {sorted(different)[:5]}"


def test_mkdocs_build_gives_the_same_bytes(tmp_path: Path) -> None:
    """One site, whichever command makes it."""
    site = copy_small(tmp_path / "site")
    settings = (site / "mkdocs.yml").read_text(encoding="utf-8")
    assert "clock:" in settings
    done = tidings("--root", str(site), "build", "--out", str(tmp_path / "ours"))
    assert done.returncode == 0, done.stderr
    mkdocs = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "theirs")],
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    # --strict counts the example's own warnings; without any it must pass, and the bytes are there either way
    if mkdocs.returncode:
        mkdocs = subprocess.run(
            [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(tmp_path / "theirs")],
            cwd=site,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert mkdocs.returncode == 0, mkdocs.stderr
    ours, theirs = tree(tmp_path / "ours"), tree(tmp_path / "theirs")
    ours.pop(".tidings-build", None)
    assert ours == theirs


@pytest.fixture
def built(tmp_path: Path) -> tuple[Path, Path]:
    """A site that was built once."""
    site, out = copy_small(tmp_path / "site"), tmp_path / "out"
    done = tidings("--root", str(site), "--now", NOW, "build", "--out", str(out))
    assert done.returncode == 0, done.stderr
    return site, out


def change(site: Path, n: int) -> None:
    path = site / "incidents" / KEPT[0] / "index.md"
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition("title: ")
    path.write_text(f"{head}title: Changed {n} times\n{rest.partition(chr(10))[2]}", encoding="utf-8")


def test_a_full_disk_leaves_the_old_site(built: tuple[Path, Path], tmp_path: Path) -> None:
    """T16: the output lies on a file system of one megabyte."""
    site, out = built
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine does not let us mount a small file system")
    try:
        (small / "site").mkdir()
        (small / "site" / ".tidings-build").write_text("ours\n")
        (small / "site" / "index.html").write_text("the old page")
        done = tidings("--root", str(site), "--now", NOW, "build", "--out", str(small / "site"))
        assert done.returncode == 4, done.stderr
        assert "No space left" in done.stderr
        assert "Traceback" not in done.stderr
        assert tree(small / "site").keys() == {".tidings-build", "index.html"}
        assert [path.name for path in small.iterdir()] == ["site"]
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert tree(out)


def test_signals_at_many_moments_leave_a_whole_site(built: tuple[Path, Path]) -> None:
    """T16: SIGTERM at thirty moments of a build; the folder holds the old site or the new one, no file is half written."""
    site, out = built
    wholes = [tree(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for n in range(30):
        change(site, n)
        command = [sys.executable, "-m", "publisher", "--root", str(site), "--now", NOW, "build", "--out", str(out)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.05 + 0.05 * n)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        now_there = tree(out)
        if now_there not in wholes:
            fresh = out.parent / "fresh"
            shutil.rmtree(fresh, ignore_errors=True)
            assert tidings("--root", str(site), "--now", NOW, "build", "--out", str(fresh)).returncode == 0
            assert now_there == tree(fresh), f"after signal {n} the folder is neither the old site nor the new one"
            wholes.append(now_there)
    left = [path.name for path in out.parent.iterdir() if path.name.startswith(".out-")]
    assert tidings("--root", str(site), "--now", NOW, "build", "--out", str(out)).returncode == 0
    assert len(left) <= 30


def test_a_folder_of_somebody_else_is_not_touched(built: tuple[Path, Path], tmp_path: Path) -> None:
    site, _ = built
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "thesis.txt").write_text("three years")
    done = tidings("--root", str(site), "--now", NOW, "build", "--out", str(theirs))
    assert done.returncode == 1
    assert "did not make" in done.stderr
    assert (theirs / "thesis.txt").read_text() == "three years"


def test_findings_leave_the_old_site(built: tuple[Path, Path]) -> None:
    site, out = built
    before = tree(out)
    path = site / "incidents" / KEPT[0] / "index.md"
    path.write_text(path.read_text(encoding="utf-8").replace("severity: sev2", "severity: sev9"), encoding="utf-8")
    done = tidings("--root", str(site), "--now", NOW, "build", "--out", str(out))
    assert done.returncode == 1
    assert "incidents/2026-11-20-card-payments-eu/index.md:" in done.stdout
    assert tree(out) == before
