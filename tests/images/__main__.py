"""`scripts/smoke-image`: drive images that are built. Ends with 1 when one of them fails."""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Callable

from tests.images.smoke import FEATURES, Smoke


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.images", description=__doc__)
    parser.add_argument("images", nargs="+", metavar="IMAGE")
    parser.add_argument("--features", default=",".join(FEATURES), help="that the image was built with")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # brokers and containers go before us
    features = tuple(name for name in options.features.split(",") if name)
    failed = [image for image in options.images if not works(image, features)]
    if failed:
        print(f"FAILED: {', '.join(failed)}")
    return int(bool(failed))


def works(image: str, features: tuple[str, ...]) -> bool:
    began = time.monotonic()
    try:
        Smoke(image, features, since(began, image)).run()
    except Exception:  # noqa: BLE001 - whatever it was, the next image is driven all the same
        traceback.print_exc()
        return False
    return True


def since(began: float, image: str) -> Callable[[str], None]:
    def say(text: str) -> None:
        print(f"{image} {time.monotonic() - began:6.1f} s  {text}", flush=True)

    return say


if __name__ == "__main__":
    sys.exit(main())
