"""The main job."""

import argparse
import warnings

from _main_job_store import fill

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", default="main_job_store", help="folder of what was found so far")
    parser.add_argument("--draws", type=int, default=2, help="draws of rows (default 2)")
    parser.add_argument("--seconds", type=float, default=3000, help="stop after so many (default 3000)")
    options = parser.parse_args()
    fill(options.store, options.draws, options.seconds)
