"""`python -m scouter_server`."""

import sys

from . import main

sys.exit(main())
