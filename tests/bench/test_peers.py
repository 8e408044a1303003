"""The task on which others are raced means the same to us and to plain Python."""

from random import Random

from bench.peers import ours, plain
from bench.peers.task import ARTICLES, DAY, cases


def test_our_rules_and_an_if_chain_give_the_same_reasons():
    given = set()
    for case in cases(300, Random(1)):
        answer = ours.answer(ours.assess(case.applicant, case.request, on=DAY))
        assert answer == plain.answer(plain.assess(case.flat))
        given |= {reason.code for reason in answer}
    assert given == set(ARTICLES)
