"""`python -m ablation` is the command `ablation`."""

import sys

from ablation.cli import main

sys.exit(main())
