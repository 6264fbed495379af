"""`python -m conformance` is `trackproof`."""

from conformance.cli import main

if __name__ == "__main__":
    main()
