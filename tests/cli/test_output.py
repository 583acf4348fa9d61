from two_tables import refused

import sktl.comparison
from sktl.cli import _output


def test_a_folder_that_can_not_be_written_is_refused_before_the_work(run, tables, monkeypatch):
    def forbid(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(_output, "check_writable", forbid)
    monkeypatch.setattr(sktl.comparison, "read_table", None)
    result = run(*tables, "--label", "mood", "--out", "p.csv")
    assert refused(result, "sktl: error: --out: can't write 'p.csv': Permission denied\n")
