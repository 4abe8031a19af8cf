"""What all tests need."""

import signal
import threading

# A shell starts jobs in the background with Ctrl-C ignored, and what they start inherits that. Tests send Ctrl-C.
if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
