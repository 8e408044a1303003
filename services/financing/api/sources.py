"""Where a rule stands and how sure we are of it, as every answer writes it."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from services.financing.domain.eligibility import Article, Confidence, Source
from shared.wire import Out

Sure = Annotated[
    Confidence,
    Field(
        description="How sure we are. Only `regulation` and `press` may be told as law; "
        "`unverified` was not seen in a text and `assumption` is ours"
    ),
]
Indonesian = Annotated[str, Field(description="For the applicant, in Indonesian")]
English = Annotated[str, Field(description="The same, in English")]


class ArticleOut(Out):
    """One place in a regulation; null where no text was seen that would say it."""

    regulation: str
    pasal: Annotated[str | None, Field(description="The article, such as `36` or `4A`")]
    ayat: Annotated[str | None, Field(description="Its paragraph, such as `3` or `4a`")]
    huruf: Annotated[str | None, Field(description="Its letter, such as `c`")]


class SourceOut(Out):
    """Where a rule stands, and the days it holds (both included)."""

    regulation: str
    provision: Annotated[str, Field(description="The place in words")]
    articles: Annotated[
        list[ArticleOut],
        Field(
            min_length=1,
            description="Every article known of it. Of a rule carried over from an older "
            "regulation they are those of the older one",
        ),
    ]
    since: date
    until: date | None
    confidence: Sure
    url: str | None


def source_out(source: Source) -> dict[str, Any]:
    """Return a source as `SourceOut`."""
    articles = source.articles or (Article(source.regulation),)
    return {**source._asdict(), "articles": [article._asdict() for article in articles]}
