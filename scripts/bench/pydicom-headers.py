"""Reads the headers of the files that a list names, and prints the seconds that took."""
import logging
import sys
import time
import warnings

import pydicom

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
with open(sys.argv[1]) as names:
    paths = names.read().splitlines()
started = time.perf_counter()
for path in paths:
    try:
        pydicom.dcmread(path, stop_before_pixels=True)
    except Exception:
        pass
print(time.perf_counter() - started)
