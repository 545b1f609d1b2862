"""The small parts that stand on many pages, made in Python: there are hundreds on a page, and macros are slow.

All methods give safe HTML. Whatever comes from a view is escaped here, except `Words.html`, which is safe by promise.
"""

from __future__ import annotations

from markupsafe import Markup, escape

from publisher.model.component import Impact
from publisher.render.i18n import message as _
from publisher.render.icons import NAMES, icon
from publisher.render.pages_speech import Speech
from publisher.render.view import IncidentView, UpdateView


class Parts:
    """Parts in one view's language."""

    def __init__(self, speech: Speech) -> None:
        self._speech = speech
        self._states = {
            impact: Markup('<span class="td-state td-{}">{} {}</span>').format(
                NAMES[impact], icon(impact), speech.language.impact(impact)
            )
            for impact in Impact
        }
        self._own = f' lang="{escape(speech.view.locale)}" dir="{speech.language.direction}"'

    def state(self, impact: Impact) -> Markup:
        """Say an impact with its sign and colour."""
        return self._states[impact]

    def words(self, update: UpdateView) -> Markup:
        """Give an update's words, with their language and a notice where it is not the page's."""
        notice = self._speech.notice(update.freshness, update.words.locale)
        said = f'<p class="td-notice">{escape(notice)}</p>\n' if notice else ""
        language = self._speech.of(update.words.locale)
        return Markup(f'{said}<div class="td-words"{language}>\n{update.words.html}\n</div>\n')  # noqa: S704

    def facts(self, update: UpdateView) -> Markup:
        """Give whom an update concerns and what they can do meanwhile; nothing where neither is said."""
        if not (update.who or update.meanwhile):
            return Markup()
        say, locale = self._speech.say, update.words.locale
        own = self._own if locale != self._speech.view.locale else ""
        rows = "".join(
            f"<dt{own}>{say(label)}</dt>\n<dd>{escape(text)}</dd>\n"
            for label, text in ((_("Who"), update.who), (_("Meanwhile"), update.meanwhile))
            if text
        )
        return Markup(f'<dl class="td-facts"{self._speech.of(locale)}>\n{rows}</dl>\n')  # noqa: S704

    def affected(self, incident: IncidentView, up: str) -> Markup:
        """Name what an incident touches: linked where the writer named it, then what leans on that."""
        named = " · ".join(
            f'<a href="{up}components/{escape(a.id)}/">{escape(a.name)}</a>'
            for a in incident.affected
            if a.through is None
        )
        leaning = [a.name for a in incident.affected if a.through is not None]
        if leaning:
            through = self._speech.say("(and through them: {names})", names=self._speech.language.list(leaning))
            named += f' <span class="td-soft">{through}</span>'
        return Markup(named)  # noqa: S704

    def outcome(self, incident: IncidentView, *, short: bool = False) -> Markup:
        """Say how grave an incident was and how long it lasted, in a line.

        Args:
            incident: any.
            short: whether the line stands on a page that is made anew each day.
        """
        speech = self._speech
        if incident.impact is Impact.OPERATIONAL:
            line = escape(speech.language.category(incident.category))
        else:
            name = speech.language.impact(incident.impact)
            line = Markup('<span class="td-{}">{} {}</span>').format(
                NAMES[incident.impact], icon(incident.impact), name
            )
        if incident.open:
            if incident.rrule:
                line += " · " + speech.say("recurring")
            if incident.active:
                began = speech.clock(incident.started) if short else speech.moment(incident.started)
                line += " · " + speech.say("going on since {time}", time=began)
        elif incident.ended:
            lasted, ended = speech.lasted(incident), speech.end(incident)
            line += " · " + (
                speech.say("{duration}, until {time}", duration=lasted, time=ended)
                if lasted
                else speech.say("until {time}", time=ended)
            )
        return line
