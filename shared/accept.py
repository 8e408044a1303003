"""Which of several media types a caller would rather have (RFC 9110, 12.5.1)."""

from collections.abc import Sequence


class NotAcceptable(Exception):
    """The caller accepts none of the media types that this address offers."""


def preferred(accept: str | None, offers: Sequence[str]) -> str:
    """Return the offer that an Accept header likes best; the first of those liked equally.

    Raises:
        NotAcceptable: it likes none of them.
    """
    if not accept:
        return offers[0]
    ranges = [_range(each) for each in accept.split(",")]
    liked = {offer: _quality(offer, ranges) for offer in offers}
    best = max(offers, key=lambda offer: liked[offer])
    if liked[best] <= 0:
        raise NotAcceptable(f"This address offers {' and '.join(offers)}.")
    return best


def _range(written: str) -> tuple[str, float]:
    media, *parameters = (part.strip() for part in written.lower().split(";"))
    quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    try:
        return media, float(quality)
    except ValueError:
        return media, 0.0


def _quality(offer: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return how much an offer is liked: the most specific range that covers it counts."""
    whole, kind = offer, f"{offer.partition('/')[0]}/*"
    for covering in (whole, kind, "*/*"):
        said = [quality for media, quality in ranges if media == covering]
        if said:
            return max(said)
    return 0.0
