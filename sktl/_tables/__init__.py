"""Tables of any kind as numbers: the one reader and the one encoder that reports, rankings and comparisons share."""
