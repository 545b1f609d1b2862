"""Words for readers against what was decided, often by voice: nobody is to hear what the house agreed not to say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from publisher.checks.disguise import Folded, find, fold, term
from publisher.checks.texts import Text, place_in, texts_of
from publisher.model.codes import finding
from publisher.model.decision import Decision, binding
from publisher.model.finding import Finding
from publisher.model.incident import Incident


def contradictions(incident: Incident, decisions: Sequence[Decision], *, now: datetime) -> tuple[Finding, ...]:
    """Say which words for readers contradict what was decided about an incident.

    Every text counts that can reach anybody outside: title, headline, updates with their facts, translations, private
    messages, tags, and the id, which is in the address. Words that went out before the decision count too: they still
    stand on the page.

    Args:
        incident: as written.
        decisions: all of the incident's, in the file's order.
        now: decisions past their `until` bind nobody.
    """
    bind = binding(tuple(decisions), now)
    if not any(one.forbids or one.requires for one in bind):
        return ()
    texts = [(text, fold(text.words)) for text in texts_of(incident)]
    return (*_forbidden(texts, bind), *_missing(incident, texts, bind))


def _forbidden(texts: Sequence[tuple[Text, Folded]], bind: Sequence[Decision]) -> Iterator[Finding]:
    for decision in bind:
        for sought in (term(words) for words in decision.forbids):
            for text, folded in texts:
                start = find(sought, text.words, folded)
                if start is None:
                    continue
                what = f'{text.name} says "{sought.words}", and decision {decision.id} of {decision.by} forbids it.'
                fix = f"Say it without, or record a decision that replaces {decision.id}."
                yield finding("TID792", place_in(text, start), what, fix)


def _missing(incident: Incident, texts: Sequence[tuple[Text, Folded]], bind: Sequence[Decision]) -> Iterator[Finding]:
    for decision in bind:
        since = [update for update in incident.updates if update.at >= decision.at]
        if not since:
            continue
        for sought in (term(words) for words in decision.requires):
            if all(find(sought, text.words, folded) is None for text, folded in texts):
                what = f'No words say "{sought.words}", and decision {decision.id} of {decision.by} asks for it.'
                fix = f"Say it, or record a decision that replaces {decision.id}."
                yield finding("TID793", since[-1].place, what, fix)
