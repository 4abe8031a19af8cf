"""The commit is read out of `.git` as git would read it, and nothing that the folder says is run or believed."""

import os
import subprocess
import time
import zlib
from pathlib import Path

import pytest
from definition_texts import DRIP

from abtest.definition import git_objects
from abtest.definition.git import is_modified, repository_of
from abtest.definition.git_objects import Objects, Unreadable, object_id
from abtest.definition.load import load
from abtest.definition.lock import Commit, git_state

WHO = {
    f"GIT_{role}_{what}": f"{what.lower()}@example.org"
    for role in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}


def git(folder: Path, *arguments: str) -> str:
    own = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    quiet = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", "-C", str(folder), *arguments],
        env={**own, **WHO, **quiet},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def made(folder: Path, *options: str) -> Path:
    """Make a repository of a few commits, with the definition some folders down."""
    home = folder / "analyses/2026 drip"
    home.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main", *options)
    lines = [str(line**7) for line in range(400)]
    for number in range(4):
        lines[50 * number] = "changed"
        (home / "long.txt").write_text("\n".join(lines))
        (home / "drip.yaml").write_text(f"# {number}\n" + DRIP)
        for other in range(60):
            (home / f"other-{other}.txt").write_text(f"{other} of {number if other == number else 0}\n" * 9)
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", str(number))
    return home / "drip.yaml"


def head(folder: Path) -> str:
    return git(folder, "rev-parse", "HEAD")


def state(file: Path) -> Commit | None:
    return git_state(load(file))


@pytest.fixture
def repository(tmp_path) -> Path:
    return made(tmp_path / "repository").parents[2]


@pytest.fixture
def file(repository) -> Path:
    return repository / "analyses/2026 drip/drip.yaml"


@pytest.mark.parametrize("form", ["sha1", "sha256"])
@pytest.mark.parametrize("packing", ["loose", "offsets", "ids", "both"])
def test_the_commit_and_what_it_holds_are_read_in_every_form(tmp_path, form, packing):
    file = made(tmp_path, f"--object-format={form}")
    if packing != "loose":
        git(tmp_path, "-c", f"repack.useDeltaBaseOffset={packing != 'ids'}", "repack", "-a", "-d", "-f", "-q")
        git(tmp_path, "pack-refs", "--all")
    if packing == "both":
        (file.parent / "later.txt").write_text("a loose commit over a pack\n")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-q", "-m", "later")
    assert state(file) == Commit(commit=head(tmp_path), modified=False)
    file.write_text(file.read_text() + "# more\n")
    assert state(file) == Commit(commit=head(tmp_path), modified=True)


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_every_object_of_a_pack_is_read_as_git_reads_it(tmp_path, form):
    made(tmp_path, f"--object-format={form}")
    git(tmp_path, "-c", "pack.threads=1", "repack", "-a", "-d", "-f", "--depth=50", "--window=50", "-q")
    listed = git(tmp_path, "cat-file", "--batch-check", "--batch-all-objects").splitlines()
    chains = git(tmp_path, "verify-pack", "-v", *map(str, (tmp_path / ".git/objects/pack").glob("*.idx")))
    assert "chain length = 2" in chains, "the pack holds deltas upon deltas"
    for line in listed:
        name, kind, size = line.split()
        assert len(Objects(tmp_path / ".git/objects").read(name, kind)) == int(size)


def test_a_detached_head_a_tag_and_a_link_as_head_are_followed(repository, file):
    first = git(repository, "rev-parse", "HEAD~2")
    git(repository, "checkout", "-q", first)
    assert state(file) == Commit(commit=first, modified=False)
    git(repository, "checkout", "-q", "main")
    (repository / ".git/HEAD").unlink()
    (repository / ".git/HEAD").symlink_to("refs/heads/main")
    assert state(file) == Commit(commit=head(repository), modified=False)


def test_a_linked_work_tree_has_its_own_commit(repository, file, tmp_path):
    other = tmp_path / "other"
    git(repository, "worktree", "add", "-q", "-b", "side", str(other), "HEAD~1")
    there = other / file.relative_to(repository)
    assert state(there) == Commit(commit=head(other), modified=False)
    assert head(other) != head(repository)
    git(repository, "pack-refs", "--all")
    git(repository, "gc", "-q")
    assert state(there) == Commit(commit=head(other), modified=False)


def test_a_submodule_has_its_own_commit(repository, tmp_path):
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "submodule", "--quiet", "add", str(repository), "inner")
    git(outer, "commit", "-q", "-m", "with the inner one")
    assert (outer / "inner/.git").is_file()
    inner = outer / "inner/analyses/2026 drip/drip.yaml"
    assert state(inner) == Commit(commit=head(repository), modified=False)


def test_line_ends_that_a_checkout_changed_are_no_modification(repository, file):
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert state(file) == Commit(commit=head(repository), modified=False)


@pytest.mark.parametrize("place", [".gitattributes", "analyses/.gitattributes", ".git/info/attributes"])
@pytest.mark.parametrize("rule", ["*.yaml filter=vault", "[attr]hidden filter=x", "* text ident", "* -text ident\n"])
def test_where_a_filter_rewrites_files_a_difference_is_not_known(repository, file, place, rule):
    (repository / place).write_text(rule)
    assert state(file) == Commit(commit=head(repository), modified=False)
    file.write_text(file.read_text() + "# more\n")
    assert state(file) == Commit(commit=head(repository), modified=None)


def test_a_file_that_is_staged_and_changed_back_is_as_in_the_commit(repository, file):
    text = file.read_text()
    file.write_text(text + "# more\n")
    git(repository, "add", ".")
    assert state(file) == Commit(commit=head(repository), modified=True)
    file.write_text(text)
    assert state(file) == Commit(commit=head(repository), modified=False)


def test_a_name_that_differs_in_case_only_is_not_known_to_be_another(repository, file):
    file.rename(file.with_name("Drip.yaml"))
    assert state(file.with_name("Drip.yaml")) == Commit(commit=head(repository), modified=None)


def test_an_object_that_is_not_here_is_not_fetched_and_not_guessed(repository, file, tmp_path):
    partial = tmp_path / "partial"
    git(repository, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=tree:0", "--no-checkout", f"file://{repository}", str(partial))
    there = partial / file.relative_to(repository)
    there.parent.mkdir(parents=True)
    there.write_bytes(file.read_bytes())
    assert state(there) == Commit(commit=head(repository), modified=None)
    shared = tmp_path / "shared"
    git(tmp_path, "clone", "-q", "--shared", str(repository), str(shared))
    assert state(shared / file.relative_to(repository)) == Commit(commit=head(repository), modified=None)


def trap(folder: Path, marker: Path) -> Path:
    """Write a program that leaves a mark."""
    program = folder / "trap.sh"
    program.write_text(f"#!/bin/sh\ntouch '{marker}'\ncat 2>/dev/null\n")
    program.chmod(0o755)
    return program


def planted(git_folder: Path, program: Path) -> None:
    """Let everything with which a repository can start a program start that one."""
    hooks = git_folder / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "post-index-change", "fsmonitor-watchman", "reference-transaction", "pre-commit"):
        (hooks / name).write_bytes(program.read_bytes())
        (hooks / name).chmod(0o755)
    (git_folder / "more").write_text(f'[filter "y"]\n\tsmudge = {program}\n[alias]\n\tstatus = !{program}\n')
    with (git_folder / "config").open("a") as config:
        config.write(
            f"""
[core]
\tfsmonitor = {program}
\tsshCommand = {program}
\tpager = {program}
\teditor = {program}
\taskPass = {program}
\thooksPath = {hooks}
\tgitProxy = {program}
\talternateRefsCommand = {program}
[filter "x"]
\tclean = {program}
\tsmudge = {program}
\tprocess = {program}
\trequired = true
[diff]
\texternal = {program}
[diff "x"]
\ttextconv = {program}
\tcommand = {program}
[merge "x"]
\tdriver = {program}
[pager]
\tstatus = {program}
[credential]
\thelper = {program}
[gpg]
\tprogram = {program}
[extensions]
\tpartialClone = origin
[remote "origin"]
\turl = ext::{program}
\tpromisor = true
\tuploadpack = {program}
[uploadpack]
\tpackObjectsHook = {program}
[include]
\tpath = more
[includeIf "gitdir:**"]
\tpath = more
"""
        )
    (git_folder / "info").mkdir(exist_ok=True)
    (git_folder / "info/attributes").write_text("* filter=x diff=x merge=x\n")


@pytest.fixture
def marker(tmp_path) -> Path:
    return tmp_path / "ran"


def touched(file: Path) -> None:
    """Let the file look changed to an index, so that git would run the filters of it."""
    os.utime(file, ns=(1, 1))


def test_the_traps_of_these_tests_do_catch_git(repository, file, tmp_path, marker):
    planted(repository / ".git", trap(tmp_path, marker))
    touched(file)
    subprocess.run(["git", "-C", str(repository), "status"], capture_output=True, check=False)
    assert marker.exists()


@pytest.mark.parametrize("kind", ["clone", "bare beside", "bare above", "work tree", "submodule", "partial"])
def test_nothing_that_a_repository_configures_is_run(repository, file, tmp_path, marker, kind):
    program = trap(tmp_path, marker)
    expected = Commit(commit=head(repository), modified=False)
    if kind == "clone":
        planted(repository / ".git", program)
    elif kind.startswith("bare"):
        place = file.parent if kind == "bare beside" else file.parents[1]
        git(place, "init", "-q", "--bare", ".")
        (place / "config").write_text("[core]\n\tbare = false\n\tworktree = .\n")
        planted(place, program)
    elif kind == "work tree":
        git(repository, "worktree", "add", "-q", "-f", str(tmp_path / "other"), "main")
        planted(repository / ".git", program)
        planted(repository / ".git/worktrees/other", program)
        file = tmp_path / "other" / file.relative_to(repository)
    elif kind == "submodule":
        outer = tmp_path / "outer"
        outer.mkdir()
        git(outer, "init", "-q")
        git(outer, "submodule", "--quiet", "add", str(repository), "inner")
        planted(outer / ".git", program)
        planted(outer / ".git/modules/inner", program)
        file = outer / "inner" / file.relative_to(repository)
    else:
        planted(repository / ".git", program)
        tree = git(repository, "rev-parse", "HEAD^{tree}")
        (repository / ".git/objects" / tree[:2] / tree[2:]).unlink()
        expected = Commit(commit=expected.commit, modified=None)
    touched(file)
    found = state(file)
    assert not marker.exists()
    # In the clone with a filter, the bytes are those of the commit all the same.
    assert found == expected


def test_the_environment_of_a_hook_names_no_other_repository(repository, file, tmp_path, marker, monkeypatch):
    program = trap(tmp_path, marker)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_INDEX_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    for name in ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_PAGER", "GIT_EXTERNAL_DIFF", "GIT_ASKPASS", "GIT_EXEC_PATH"):
        monkeypatch.setenv(name, str(program))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(program))
    touched(file)
    assert state(file) == Commit(commit=head(repository), modified=False)
    assert not marker.exists()


def test_a_repository_elsewhere_is_believed_only_if_it_names_the_folder(tmp_path):
    private = made(tmp_path / "private").parents[2]
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    (stranger / "drip.yaml").write_text(DRIP)
    (stranger / ".git").write_text(f"gitdir: {private}/.git\n")
    assert state(stranger / "drip.yaml") is None
    git(private, "worktree", "add", "-q", str(tmp_path / "mine"))
    (stranger / ".git").write_text(f"gitdir: {private}/.git/worktrees/mine\n")
    assert state(stranger / "drip.yaml") is None
    (stranger / ".git").unlink()
    (stranger / ".git").symlink_to(private / ".git")
    assert state(stranger / "drip.yaml") is None


def test_references_and_objects_outside_of_the_repository_are_not_read(repository, file, tmp_path):
    private = made(tmp_path / "private").parents[2]
    heads = repository / ".git/refs/heads"
    (heads / "main").unlink()
    heads.rmdir()
    heads.symlink_to(private / ".git/refs/heads")
    assert state(file) is None
    heads.unlink()
    for name in ("refs/heads/../../../../private/.git/refs/heads/main", "refs/../../secret", "/etc/passwd", "secret"):
        (repository / ".git/HEAD").write_text(f"ref: {name}\n")
        assert state(file) is None, name


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"ref: refs/heads/.invalid\n",  # the references are in a reftable
        b"ref: refs/heads/gone\n",
        b"ref: refs/heads/a\n",  # which leads to b, which leads to a
        b"ref: refs/heads/main.lock\n",
        b"ref:\n",
        b"0" * 39,
        b"g" * 40,
        b"\xff\xfe" * 20,
        b"ref: refs/" + b"x/" * 2_000,
        b"a" * 5_000_000,
    ],
)
def test_a_head_that_says_nothing_known_is_no_commit(repository, file, content):
    (repository / ".git/refs/heads/a").write_text("ref: refs/heads/b\n")
    (repository / ".git/refs/heads/b").write_text("ref: refs/heads/a\n")
    (repository / ".git/HEAD").write_bytes(content)
    assert state(file) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize("name", ["HEAD", "refs/heads/main", "packed-refs", "../.git"])
def test_a_pipe_or_a_device_is_not_waited_for(repository, file, name):
    if name == "../.git":
        (repository / ".git").rename(repository / "moved")
        os.mkfifo(repository / ".git")
    else:
        (repository / ".git/refs/heads/main").unlink()
        (repository / ".git" / name).unlink(missing_ok=True)
        os.mkfifo(repository / ".git" / name)
    start = time.monotonic()
    assert state(file) is None
    assert time.monotonic() - start < 5


def test_many_repositories_within_each_other_end(tmp_path):
    place = tmp_path
    for _ in range(40):
        place = place / "x"
        place.mkdir()
        (place / ".git").write_text("gitdir: ../.git/modules/x\n")
    (place / "drip.yaml").write_text(DRIP)
    assert state(place / "drip.yaml") is None


def delta(*commands: bytes, base: int, size: int) -> bytes:
    def sized(number: int) -> bytes:
        parts = []
        while True:
            parts.append(number & 0x7F | (0x80 if number > 0x7F else 0))
            number >>= 7
            if not number:
                return bytes(parts)

    return sized(base) + sized(size) + b"".join(commands)


def test_a_delta_that_leaves_its_base_or_its_size_is_refused():
    objects = Objects(Path("nowhere"))
    assert objects._applied(b"abcdef", delta(b"\x91\x02\x03", b"\x01z", base=6, size=4)) == b"cdez"
    for wrong in (
        delta(b"\x91\x04\x03", base=6, size=3),  # beyond the end of the base
        delta(b"\x01z", base=6, size=2),  # too little
        delta(b"\x02zz", base=6, size=1),  # too much
        delta(b"\x00", base=6, size=1),  # a command that is reserved
        delta(b"\x01z", base=5, size=1),  # another base
        delta(base=6, size=10**9),  # more than an object may have
    ):
        with pytest.raises(Unreadable):
            objects._applied(b"abcdef", wrong)


def test_what_unpacks_to_more_than_is_allowed_is_not_unpacked(repository, file):
    name = head(repository)
    bomb = repository / ".git/objects" / name[:2] / name[2:]
    bomb.chmod(0o644)
    bomb.write_bytes(zlib.compress(b"commit 99999999\0" + b"\0" * 50_000_000, 9))
    start = time.monotonic()
    assert state(file) == Commit(commit=name, modified=None)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("limit", ["bytes_left", "steps_left"])
def test_what_is_read_for_one_question_is_bounded(repository, limit):
    git(repository, "repack", "-a", "-d", "-f", "-q")
    listed = git(repository, "cat-file", "--batch-check", "--batch-all-objects").splitlines()
    few = Objects(repository / ".git/objects", **{limit: 1})

    def read_all() -> None:
        for line in listed:
            few.read(*line.split()[:2])

    with pytest.raises(Unreadable):
        read_all()


def test_a_chain_of_deltas_ends(repository, file, monkeypatch):
    git(repository, "repack", "-a", "-d", "-f", "-q")
    monkeypatch.setattr(git_objects, "MOST_CHAIN", 0)
    assert state(file) == Commit(commit=head(repository), modified=None)


def test_an_object_that_is_not_what_its_name_says_is_not_believed(repository, file):
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    path = repository / ".git/objects" / tree[:2] / tree[2:]
    path.chmod(0o644)
    path.write_bytes(zlib.compress(b"tree 0\0"))
    assert state(file) == Commit(commit=head(repository), modified=None)
    assert object_id("tree", b"", tree) == "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "git's own empty tree"


@pytest.mark.parametrize("suffix", [".pack", ".idx"])
def test_damage_anywhere_in_a_pack_is_an_answer_that_is_not_known_and_no_error(repository, file, suffix):
    git(repository, "repack", "-a", "-d", "-f", "-q")
    [path] = (repository / ".git/objects/pack").glob(f"*{suffix}")
    path.chmod(0o644)
    whole = path.read_bytes()
    commit = head(repository)
    found = repository_of(file.parent)
    for place in range(0, len(whole), max(1, len(whole) // 100)):
        for damaged in (whole[:place], whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]):
            path.write_bytes(damaged)
            assert is_modified(found, commit, [file]) in {False, None}
