"""`python -m bench`: every figure of speed, one line each."""

from bench import decisions, floor, imports, stored


def main() -> None:
    """Run the comparisons one after another."""
    decisions.main()
    stored.main()
    imports.main()
    floor.main()


if __name__ == "__main__":
    main()
