"""Results as tables of text."""

from numbers import Integral


def grid(row_names, column_names, values, corner=""):
    """Integers, and other numbers to three digits, under the names of their columns and beside those of their rows."""
    cells = [[f"{v}" if isinstance(v, Integral) else f"{v:.3f}" for v in row] for row in values]
    left = max(len(str(name)) for name in (corner, *row_names))
    width = 2 + max(len(str(text)) for row in (column_names, *cells) for text in row)
    rows = zip((corner, *row_names), (column_names, *cells), strict=True)
    return "\n".join(f"{name!s:<{left}}" + "".join(f"{text!s:>{width}}" for text in row) for name, row in rows)
