"""Lines to stdout and stderr: whatever their encoding, full or closed. Imports almost nothing, to be there at once."""

import os
import sys
from contextlib import suppress


def write(stream, line):
    """Print a line at once, also into a file or a pipe.

    Control characters are escaped (names come from files, and a terminal obeys what they hold), and what the stream
    can't encode.
    """
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in line)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    # what a narrow encoding lacks is escaped, not an error in the middle of a table
    print(plain.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)


def complain(words):
    """Print a line to stderr, if anybody can read it."""
    with suppress(OSError):
        write(sys.stderr, f"sktl: {words}")


def to_nowhere(stream):
    """Have what is left in a stream go nowhere: Python's last flush must not fail again."""
    with suppress(OSError, ValueError):
        # the descriptor itself: Python's flush at exit uses it
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Output:
    """The result's way to stdout: where that can't be written, the work goes on, since ``--out`` may be wanted.

    Attributes
    ----------
    failure : OSError or None
    """

    failure = None

    def __call__(self, line):
        """Print a line of the result as soon as it is known."""
        if self.failure is None:
            try:
                write(sys.stdout, line)
            except BrokenPipeError:
                raise
            except OSError as error:
                self.failure = error

    def close(self):
        """Tell the exit status, and if the result could not be printed, say so."""
        if self.failure is None:
            return 0
        to_nowhere(sys.stdout)
        complain(f"error: can't write the result to standard output: {self.failure.strerror}")
        return 2
