"""`python -m crawlblock`."""

from crawlblock.cli import main

if __name__ == "__main__":
    main()
