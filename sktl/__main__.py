"""``python -m sktl`` is the command ``sktl``."""

import sys

from sktl.cli import main

if __name__ == "__main__":
    sys.exit(main())
