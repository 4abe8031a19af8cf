"""What all tests need."""

import os
import signal
import threading

from hypothesis import settings

# A shell starts jobs in the background with Ctrl-C ignored, and what they start inherits that. Tests send Ctrl-C.
if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Drawn examples are the same in every run: a change is judged by what it changes. ABTEST_RANDOM=1 draws new ones.
settings.register_profile("same", derandomize=True, database=None)
settings.register_profile("random", print_blob=True)
settings.load_profile("random" if os.environ.get("ABTEST_RANDOM") else "same")
