"""What a command's end means to the shell (a contract)."""

DONE = 0
FAILED = 1  # some trial failed or diverged
BAD_INPUT = 2
INTERRUPTED = 130
