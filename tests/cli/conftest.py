"""Two tables of one kind of thing, and the command line."""

import pytest
from two_tables import mixed_table

from sktl.cli import main


@pytest.fixture
def tables():
    return mixed_table(131, 0.0, 0), mixed_table(97, 0.8, 1)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Function that writes two tables in an empty folder, runs ``sktl`` there, and returns status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def call(source, target, *args, suffix="csv", command="compare"):
        for name, table in (("source", source), ("target", target)):
            if suffix == "csv":
                table.to_csv(f"{name}.csv", index=False)
            else:
                table.to_parquet(f"{name}.parquet", index=False)
        status = main([command, f"source.{suffix}", f"target.{suffix}", *args])
        return status, *capsys.readouterr()

    return call
