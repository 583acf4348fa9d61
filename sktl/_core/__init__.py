"""Mathematics on arrays: no estimators, no labels, no messages to users."""
