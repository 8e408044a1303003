"""The one way a figure is printed: `figure NAME VALUE UNIT`, and nothing else looks like it."""


def figure(name: str, value: float, unit: str) -> None:
    """Print one figure."""
    written = f"{value:.4g}" if abs(value) < 100 else f"{value:.0f}"
    print(f"figure {name} {written} {unit}", flush=True)


def say(text: str) -> None:
    """Print a remark between figures."""
    print(f"# {text}", flush=True)
