"""What all tests need."""

import os
import signal
import threading

from hypothesis import settings

# A shell starts jobs in the background with SIGINT and SIGQUIT ignored, nohup with SIGHUP, and what they start inherits
# that. Tests send all three.
if threading.current_thread() is threading.main_thread():
    for name in ("SIGINT", "SIGQUIT", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)

# Drawn examples are the same in every run: a change is judged by what it changes. ABTEST_RANDOM=1 draws new ones.
settings.register_profile("same", derandomize=True, database=None)
settings.register_profile("random", print_blob=True)
settings.load_profile("random" if os.environ.get("ABTEST_RANDOM") else "same")
