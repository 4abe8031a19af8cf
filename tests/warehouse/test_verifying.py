"""``--verify`` notices a flipped bit wherever a file has something to notice it by, and says where it has nothing."""

import gzip
import hashlib
import random
import sys

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from abtest.cli import main
from abtest.errors import DataError
from abtest.files import located as files_of_the_warehouse
from abtest.files.located import fingerprint
from abtest.files.parquet_pages import check_pages
from abtest.warehouse.verifying import verify_files

ROWS = 3000
NO_CHECKSUMS = "its pages have no checksums; a damaged page cannot be noticed"


def table():
    draw = np.random.default_rng(1)
    known = draw.random(ROWS) < 0.9
    return pa.table(
        {
            "customer_id": pa.array([f"zq{number:05d}" for number in range(ROWS)]),
            "amount": pa.array(draw.random(ROWS) * 100, mask=~known),
            "count": pa.array(draw.integers(0, 9, ROWS)),
            "at": pa.array(draw.integers(1_770_000_000, 1_779_000_000, ROWS) * 1_000_000, pa.timestamp("us", "UTC")),
            "tags": pa.array([["a", "b"][: number % 3] for number in range(ROWS)]),
        }
    )


def write(path, **options):
    settings = {"write_page_checksum": True, "row_group_size": 700, "data_page_size": 4096} | options
    pq.write_table(table(), path, **settings)


def pages_of(path):
    """Return [start, end) of what lies between the first bytes and the footer."""
    content = path.read_bytes()
    return 4, len(content) - 8 - int.from_bytes(content[-8:-4], "little")


def verify(path):
    return verify_files(path.name, path.parent, "data")


@pytest.mark.parametrize("compression", ["NONE", "SNAPPY", "GZIP", "ZSTD", "LZ4", "BROTLI"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_flipped_bit_in_a_page_with_a_checksum_is_noticed(tmp_path, compression, version):
    path = tmp_path / "orders.parquet"
    write(path, compression=compression, data_page_version=version)
    assert verify(path).notes == ()
    content = path.read_bytes()
    draw, (low, high) = random.Random(compression + version), pages_of(path)
    for _ in range(20):
        place = draw.randrange(low, high)
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << draw.randrange(8)]) + content[place + 1 :])
        try:
            found = verify(path)
        except DataError as error:
            assert "orders.parquet is damaged" in str(error)  # noqa: PT017
            assert "export or copy it again" in str(error)  # noqa: PT017
            assert "zq" not in str(error)  # noqa: PT017
        else:
            # Only what describes a page may be other without another value: its statistics are no one's to read.
            assert found.notes == ()
            path.with_name("before.parquet").write_bytes(content)
            same = "SELECT count(*) FROM (FROM '{0}' EXCEPT ALL FROM '{1}')"
            assert duckdb.execute(same.format(path, tmp_path / "before.parquet")).fetchall() == [(0,)]


def test_gzip_pages_have_a_checksum_of_their_own(tmp_path):
    path = tmp_path / "orders.parquet"
    write(path, write_page_checksum=False, compression="GZIP", use_dictionary=False)
    pages = check_pages(path)
    assert pages.checked == pages.count
    content = bytearray(path.read_bytes())
    content[pages_of(path)[1] // 2] ^= 4
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        verify(path)


@pytest.mark.parametrize("column", ["amount", "at"])
def test_without_checksums_a_value_out_of_range_is_noticed_and_one_in_range_is_said_to_pass(tmp_path, column):
    path = tmp_path / "orders.parquet"
    options = {"write_page_checksum": False, "compression": "NONE", "use_dictionary": False, "row_group_size": ROWS}
    write(path, **options)
    found = verify(path)
    assert len(found.notes) == 1
    assert NO_CHECKSUMS in found.notes[0]
    assert found.notes[0].startswith("data: orders.parquet: ")
    values = table().column(column).drop_null()
    number = (values if column == "amount" else values.cast("int64")).slice(7, 1).to_numpy().tobytes()
    content = path.read_bytes()
    other = bytearray(number)
    other[7] ^= 0x40
    path.write_bytes(content.replace(number, bytes(other), 1))
    with pytest.raises(DataError, match="row group 0 holds values outside of the range that its footer says"):
        verify(path)


def test_counts_that_do_not_fit_the_footer_are_noticed(tmp_path):
    whole, half = tmp_path / "whole.parquet", tmp_path / "half.parquet"
    write(whole, row_group_size=ROWS)
    pq.write_table(table().slice(0, ROWS - 1), half, row_group_size=ROWS)
    # The pages of one file under the footer of another.
    content, other = whole.read_bytes(), half.read_bytes()
    whole.write_bytes(content[: pages_of(whole)[1]] + other[pages_of(half)[1] :])
    with pytest.raises(DataError, match=r"whole\.parquet is damaged"):
        verify(whole)


def test_what_the_engine_itself_writes_is_whole_and_has_no_checksums(tmp_path):
    path = tmp_path / "orders[1].parquet"
    (tmp_path / "orders1.parquet").write_bytes(b"another file")
    duckdb.register("drawn", table())
    target = str(path).replace("'", "''")
    for codec in ("snappy", "zstd", "gzip", "uncompressed", "lz4_raw", "brotli"):
        duckdb.execute(f"COPY drawn TO '{target}' (FORMAT parquet, CODEC {codec}, ROW_GROUP_SIZE 1000)")
        notes = verify(path).notes
        assert codec == "gzip" or NO_CHECKSUMS in notes[0]


def test_every_cut_of_a_footer_is_damage_and_no_crash(tmp_path):
    path = tmp_path / "orders.parquet"
    write(path)
    content, (_, high) = path.read_bytes(), pages_of(path)
    draw = random.Random(5)
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(draw.choice((1, 2, 8))):
            damaged[draw.randrange(high, len(content))] = draw.randrange(256)
        path.write_bytes(damaged)
        try:
            verify(path)
        except DataError as error:
            assert str(error).startswith("data: orders.parquet ")  # noqa: PT017


def test_a_checksum_beside_a_file_is_compared(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("customer_id,amount\nzq1,5\nzq2,6\n")
    assert "a text has no checksum" in verify(path).notes[0]
    beside = tmp_path / "orders.csv.sha256"
    beside.write_text(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  orders.csv\n")
    assert verify(path).notes == ()
    path.write_text("customer_id,amount\nzq1,5\nzq2,7\n")
    with pytest.raises(DataError, match=r"orders\.csv does not have the checksum that orders\.csv\.sha256 says"):
        verify(path)
    beside.write_text("none\n")
    with pytest.raises(DataError, match="holds no SHA-256 checksum"):
        verify(path)


def test_a_large_compressed_file_is_read_to_its_checksum_only_with_verify(tmp_path, monkeypatch):
    monkeypatch.setattr(files_of_the_warehouse, "_WHOLE", 100)
    path = tmp_path / "orders.csv.gz"
    text = "customer_id,amount\n" + "".join(f"zq{number},{number % 97}\n" for number in range(5000))
    packed = bytearray(gzip.compress(text.encode()))
    path.write_bytes(packed)
    assert verify(path).notes == ()
    packed[-6] ^= 1  # in the checksum
    path.write_bytes(packed)
    files_of_the_warehouse.require_whole_gzip([path], "data")  # too large to be read for this
    with pytest.raises(DataError, match="cut off or damaged"):
        verify(path)


def test_two_readers_count_the_rows_of_a_text(tmp_path):
    path = tmp_path / "orders.ndjson"
    path.write_text('{"customer_id": "zq1"}\n\n{"customer_id": "zq2"}\n')
    assert "a text has no checksum" in verify(path).notes[0]
    path = tmp_path / "orders.csv"
    path.write_text('customer_id,note\nzq1,"two\nlines"\n\nzq2,"a ""b"""\n')
    assert "a text has no checksum" in verify(path).notes[0]


def test_fingerprints_of_verified_files_are_of_every_byte(tmp_path, monkeypatch):
    monkeypatch.setattr(files_of_the_warehouse, "_WHOLE", 100)
    path = tmp_path / "orders.csv"
    path.write_bytes(b"x" * 3_000_000)
    assert fingerprint([path]).startswith("sampled-sha256:")
    assert fingerprint([path], whole=True) == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


DEFINITION = """\
name: small
data: {customers: {path: players.parquet, arm: version}}
arms: [{name: gate_30, control: true}, {name: gate_40}]
metrics: {score: {role: primary, type: column}}
"""


@pytest.fixture
def experiment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "drip.yaml").write_text(DEFINITION)
    rows = {"version": ["gate_30", "gate_40"] * 500, "score": [float(number % 50) for number in range(1000)]}
    pq.write_table(pa.table(rows), "players.parquet", write_page_checksum=True, compression="NONE")
    return tmp_path


def run(capsys, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["abtest", *arguments])
    code = 0
    try:
        main()
    except SystemExit as leaving:
        code = leaving.code
    return code, *capsys.readouterr()


def test_commands_refuse_a_damaged_page_with_verify_alone(experiment, capsys, monkeypatch):
    analysis = ("analyze", "drip.yaml", "--no-report", "-q", "-o", "out")
    assert run(capsys, monkeypatch, *analysis, "--verify") == (0, "", "")
    path = experiment / "players.parquet"
    content = path.read_bytes()
    number = np.array([17.0]).tobytes()
    path.write_bytes(content.replace(number, np.array([19.0]).tobytes(), 1))
    assert run(capsys, monkeypatch, *analysis)[0] == 0  # another number, in silence
    code, _, err = run(capsys, monkeypatch, *analysis, "--verify")
    assert code == 3
    assert "players.parquet is damaged: a page of row group 0 does not have its checksum" in err
    code, out, err = run(capsys, monkeypatch, "validate", "drip.yaml", "--data", "--verify")
    assert (code, "players.parquet is damaged" in out + err) == (3, True)
    retention = ("retention", "players.parquet", "--unit", "version", "--at", "score", "--verify", "-o", "kept")
    assert run(capsys, monkeypatch, *retention)[0] == 3


@pytest.mark.usefixtures("experiment")
def test_files_without_checksums_are_noted_with_verify_alone(capsys, monkeypatch):
    pq.write_table(pq.read_table("players.parquet"), "players.parquet")
    assert run(capsys, monkeypatch, "analyze", "drip.yaml", "--no-report", "-q", "-o", "out") == (0, "", "")
    code, out, err = run(capsys, monkeypatch, "analyze", "drip.yaml", "--no-report", "-q", "-o", "out", "--verify")
    assert (code, out) == (0, "")
    assert err.startswith("note: drip.yaml:2:19: data.customers.path: players.parquet: its pages have no checksums")
    code, out, _ = run(capsys, monkeypatch, "validate", "drip.yaml", "--data", "--verify")
    assert (code, NO_CHECKSUMS in out) == (0, True)
    assert NO_CHECKSUMS not in run(capsys, monkeypatch, "validate", "drip.yaml", "--data")[1]


@pytest.mark.usefixtures("experiment")
def test_verify_needs_data_to_be_read(capsys, monkeypatch):
    code, _, err = run(capsys, monkeypatch, "validate", "drip.yaml", "--verify")
    assert code == 2
    assert "add --data" in err
