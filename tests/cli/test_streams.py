from two_tables import FAST

from sktl.cli import _streams


def test_an_interruption_while_the_result_is_flushed(run, tables, monkeypatch):
    def interrupt(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(_streams.Output, "close", interrupt)
    status, out, err = run(*tables, "--label", "mood", *FAST)
    assert (status, err) == (130, "sktl: interrupted\n") and "choice: source-only" in out
