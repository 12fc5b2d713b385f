# SPDX-License-Identifier: GPL-2.0-only
"""Runs the scripts in root/, which build in the build roots; and commands in a root."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

import paths
import stages
from target import Failed

# Results of builds are kept for other checkouts, for this time after the last use.
KEPT_DAYS = 14

# This process builds one thing at a time.
_lock = threading.RLock()


def say(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


def script(name, *args, env=None, stage=None):
    """Runs a script of root/, and returns its standard output. The script shows its own
    progress."""
    with _lock, stages.stage(stage or f"{name} {' '.join(args[:2])}".strip()):
        done = subprocess.run([str(paths.VM / "root" / f"{name}.sh"), *args], check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                              env={**os.environ, **(env or {})})
    if done.returncode:
        raise Failed(f"{name}.sh {' '.join(args)}: failed, see above")
    return done.stdout.strip()


class Root:
    """A build root, for commands that need its programs. PURPOSE is ROOT_FOR."""

    _folders = {}

    def __init__(self, purpose=""):
        if purpose not in self._folders:
            self._folders[purpose] = pathlib.Path(subprocess.run(
                ["bash", "-c", '. "$1/root/lib.sh" && echo "$ROOT"', "sh", str(paths.VM)],
                check=True, stdout=subprocess.PIPE, text=True,
                env={**os.environ, "ROOT_FOR": purpose}).stdout.strip())
        self.folder = self._folders[purpose]

    def command(self, args, env=None, binds=(), folder="/"):
        """The words of a command that runs ARGS in the root, with a clean environment. BINDS are
        folders of this machine that the command sees: (here, there)."""
        mounts = ['mount --rbind /proc "$0/proc"']
        if not (self.folder / "dev/null").is_char_device():  # made in a container
            mounts.append('mount --rbind /dev "$0/dev"')
        for here, there in binds:
            (self.folder / there.lstrip("/")).mkdir(parents=True, exist_ok=True)
            mounts.append(f"mount --bind '{here}' \"$0{there}\"")
        variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
                     "LC_ALL": "C.UTF-8", **(env or {})}
        words = [f"{name}={value}" for name, value in variables.items()]
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                " && ".join(mounts) + ' && exec chroot "$0" "$@"', str(self.folder),
                "/usr/bin/env", "-i", "-C", folder, *words, *args]

    def run(self, *args, stdin=None, env=None, check=True):
        """Runs a command, and returns its standard output as text."""
        done = subprocess.run(self.command(args, env), input=stdin, text=True,
                              stdout=subprocess.PIPE, check=False)
        if check and done.returncode:
            raise Failed(f"{args[0]}: exit status {done.returncode}, see above")
        return done.stdout


class Machine:
    """Runs this machine's own programs, where there is no build root."""

    @staticmethod
    def run(*args, stdin=None, env=None, check=True):
        done = subprocess.run(args, input=stdin, text=True, stdout=subprocess.PIPE,
                              env={**os.environ, **(env or {})}, check=False)
        if check and done.returncode:
            raise Failed(f"{args[0]}: exit status {done.returncode}, see above")
        return done.stdout


def tools():
    """The build root if there is one, else this machine: one of them has column and jq."""
    root = Root()
    return root if (root.folder / "usr/bin/bats").exists() else Machine()


# Files that kbuild and Python leave beside the sources: no input of a build.
LEFT_BY_KBUILD = (".o", ".ko", ".mod", ".mod.c", ".cmd", ".pyc", "Module.symvers",
                  "modules.order", "answers.h")


def _digest(inputs):
    """A digest of files, of all files below folders, and of words."""
    total = hashlib.sha256()
    for one in inputs:
        path = one if isinstance(one, pathlib.Path) else None
        if path and path.is_dir():
            files = sorted(p for p in path.rglob("*")
                           if p.is_file() and not p.name.endswith(LEFT_BY_KBUILD))
        else:
            files = [path] if path else []
        total.update(f"{one if not path else ''}\0{len(files)}\0".encode())
        for file in files:
            total.update(str(file.relative_to(path) if file != path else "").encode())
            total.update(file.read_bytes() if file.exists() else b"-")
    return total.hexdigest()


def unless_same(name, inputs, made, build, keep=False):
    """Calls build(), which makes the files or folders MADE, if one of these does not exist, or if
    one of the INPUTS has changed since. With KEEP, keeps MADE for other checkouts with the same
    INPUTS: build() must make nothing else. True if it called build()."""
    key = paths.BUILD / "keys" / name.replace("/", "_")
    digest = _digest([name, *inputs])
    if key.exists() and key.read_text() == digest and all(path.exists() for path in made):
        return False
    key.unlink(missing_ok=True)
    kept = paths.CACHE / "made" / digest[:24]
    built = not (keep and kept.is_dir() and _copy(_within(kept, made), made))
    if not built:
        os.utime(kept)
    else:
        build()
        if keep:
            _keep(made, kept)
    key.parent.mkdir(parents=True, exist_ok=True)
    key.write_text(digest)
    return built


def _within(kept, made):
    """The path in the folder KEPT for each of MADE."""
    return [kept / str(number) for number, _ in enumerate(made)]


def _copy(ones, others):
    """Copies each of ONES to the path beside it in OTHERS. If one does not exist, copies none and
    returns False."""
    if not all(one.exists() for one in ones):
        return False
    for one, other in zip(ones, others):
        if other.is_dir():
            shutil.rmtree(other)
        other.parent.mkdir(parents=True, exist_ok=True)
        if one.is_dir():
            shutil.copytree(one, other)
        else:
            shutil.copy2(one, other)
    return True


def _keep(made, kept):
    """Copies MADE to KEPT, and removes what no checkout has used for KEPT_DAYS."""
    new = pathlib.Path(f"{kept}.{os.getpid()}")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    if _copy(made, _within(new, made)):
        shutil.rmtree(kept, ignore_errors=True)
        new.rename(kept)
    old = time.time() - KEPT_DAYS * 24 * 3600
    for other in kept.parent.iterdir():
        if other.stat().st_mtime < old:
            shutil.rmtree(other, ignore_errors=True)


def quietly(program, *args):
    """Runs a script on this machine, and shows its output only if it fails. True on success."""
    done = subprocess.run([str(program), *args], check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print(done.stdout, file=sys.stderr, flush=True)
    return done.returncode == 0
