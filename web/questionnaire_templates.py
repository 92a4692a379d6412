"""The words of the questionnaires that every organisation begins with (S002-155), in any language of the catalogues."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_babel import gettext as _

from telehealth import clock
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.questionnaire import Questionnaire
from telehealth.questionnaire_form import ItemKind
from telehealth.questionnaire_template import Entry, Template
from web import locale

SHORT, LONG, ONE, SEVERAL, LIST = ItemKind.SHORT_TEXT, ItemKind.LONG_TEXT, ItemKind.ONE, ItemKind.SEVERAL, ItemKind.DROP_DOWN
ASK, NUMBER, DATE, COUNTRY = ItemKind.YES_NO, ItemKind.NUMBER, ItemKind.DATE, ItemKind.COUNTRY
PAGE, HEADING, SAY = ItemKind.PAGE, ItemKind.HEADING, ItemKind.EXPLANATION


def templates() -> list[Template]:
    """Those there are, in the language of this moment."""
    return [_history(), _reason(), _medicines()]


def begin(session: Session, organization: Organization, name: str, *, active: bool = False) -> Questionnaire:
    """Make a questionnaire from a template, in the organisation's language and translated into its others. Raises KeyError."""
    found = {tag: _in_language(tag)[name] for tag in {organization.locale, *organization.locales}}
    own = found.pop(organization.locale)
    return own.begin(session, clock.now(), found, active=active)


def begin_all(session: Session, organization: Organization) -> None:
    """What a new organisation starts with: staff can choose them, and nothing is asked by itself."""
    for template in templates():
        begin(session, organization, template.name, active=True)


def _in_language(tag: str) -> dict[str, Template]:
    with _speaking(tag):
        return {template.name: template for template in templates()}


@contextmanager
def _speaking(tag: str) -> Iterator[None]:
    before = locale.current_tag()
    locale.set_tag(tag)
    try:
        yield
    finally:
        locale.set_tag(before)


def _entry(key: str, kind: ItemKind, text: str, **more: Any) -> Entry:
    return Entry(key, kind, text, **more)


def _needed(key: str, kind: ItemKind, text: str, **more: Any) -> Entry:
    return Entry(key, kind, text, required=True, **more)


# — the medical history


def _history() -> Template:
    return Template(
        "history", _("Medical history"),
        _(
            "These questions help the clinic to know you before you talk to each other. It takes about ten minutes. "
            "Leave out what you do not know; you can say it later."
        ),
        (
            *_about_you(), *_complaint(), *_illnesses(), *_medicines_and_allergies(), *_vaccinations(), *_pregnancy(), *_family(),
            *_daily_life(), *_mood(), *_anything_else(),
        ),
    )  # fmt: skip


def _about_you() -> tuple[Entry, ...]:
    return (
        _entry("page_you", PAGE, _("About you")),
        _entry("born_in", COUNTRY, _("In which country were you born?"), help=_("Some illnesses are more common in some parts of the world.")),
        _entry("work", SHORT, _("What is your work, or what do you do during the day?")),
        _entry("lives_with", SEVERAL, _("Who do you live with?"), options=(
            _("Alone"), _("With a partner"), _("With children"), _("With parents or other relatives"), _("With other people"),
        )),
        _entry("height", NUMBER, _("How tall are you, in centimetres?")),
        _entry("weight", NUMBER, _("How much do you weigh, in kilograms?")),
        _entry("in_emergency", SHORT, _("Whom may we call in an emergency?"), help=_("Name and phone number.")),
        _entry("own_doctor", SHORT, _("Who is your family doctor?"), help=_("Name and place, if you have one.")),
    )  # fmt: skip


def _complaint() -> tuple[Entry, ...]:
    return (
        _entry("page_why", PAGE, _("Why you come")),
        _needed("complaint", LONG, _("What would you like help with?"), help=_("In your own words, as short or as long as you like.")),
        _needed("since", ONE, _("How long have you had it?"), options=(
            _("Since today or yesterday"), _("Some days"), _("Some weeks"), _("Some months"), _("Longer than a year"),
        )),
        _entry("course", ONE, _("How has it changed?"), options=(
            _("It gets better"), _("It stays the same"), _("It gets worse"), _("It comes and goes"),
        )),
        _entry("severity", LIST, _("How much does it trouble you?"), help=_("0 is not at all, 10 is the most that you can imagine."),
               options=tuple(str(number) for number in range(11))),
        _entry("treated", ASK, _("Has anything been done about it already?")),
        _entry("treatment", LONG, _("What was done, and did it help?"), only_if=("treated", "yes")),
        _entry("own_idea", LONG, _("What do you think it could be, and what worries you about it?")),
    )  # fmt: skip


def _illnesses() -> tuple[Entry, ...]:
    return (
        _entry("page_past", PAGE, _("Illnesses and operations")),
        _entry("illnesses", SEVERAL, _("Do you have any of these, or have you had one?"), help=_("Choose all that fit."), options=(
            _("High blood pressure"), _("Heart disease"), _("Stroke"), _("Diabetes"), _("Asthma or another lung disease"),
            _("Kidney disease"), _("Liver disease"), _("Thyroid disease"), _("Stomach or bowel disease"), _("Cancer"),
            _("Epilepsy"), _("Migraine"), _("A blood clot, or bleeding that does not stop easily"), _("Disease of bones or joints"),
            _("Skin disease"), _("Depression, anxiety or another mental illness"),
            _("An infection such as hepatitis, HIV or tuberculosis"),
        )),
        _entry("illnesses_more", LONG, _("Tell us more about it, and about other illnesses"), help=_("For example since when, and who treats you.")),
        _needed("operated", ASK, _("Have you ever had an operation?")),
        _needed("operations", LONG, _("Which operations, and when?"), help=_("The year is enough."), only_if=("operated", "yes")),
        _entry("anaesthetic", ASK, _("Were there problems with the anaesthetic?"), only_if=("operated", "yes")),
        _entry("anaesthetic_more", LONG, _("What happened?"), only_if=("anaesthetic", "yes")),
        _entry("hospital", ASK, _("Have you been in hospital for any other reason?")),
        _entry("hospital_more", LONG, _("Why, and when?"), only_if=("hospital", "yes")),
        _entry("implants", ASK, _("Do you have something in your body, such as a pacemaker, a joint or a stent?")),
        _entry("implants_more", SHORT, _("What is it, and since when?"), only_if=("implants", "yes")),
    )  # fmt: skip


def _medicines_and_allergies() -> tuple[Entry, ...]:
    return (_entry("page_medicines", PAGE, _("Medicines and allergies")), *_what_is_taken(), *_allergies())


def _what_is_taken() -> tuple[Entry, ...]:
    return (
        _needed("takes", ASK, _("Do you take medicines?"), help=_("Also those without a prescription, drops, creams, vitamins and herbs.")),
        _needed("taken", LONG, _("Which medicines, how much and how often?"),
                help=_("One in each line, for example: Metformin 500 mg, in the morning and in the evening. It stands on the package."),
                only_if=("takes", "yes")),
        _entry("thinner", ASK, _("Is one of them a blood thinner?"), only_if=("takes", "yes")),
        _entry("stopped", LONG, _("Have you stopped a medicine because it did not do you good? Which one?")),
    )  # fmt: skip


def _allergies() -> tuple[Entry, ...]:
    return (
        _needed("allergic", ASK, _("Are you allergic to something, or is there something that you do not tolerate?")),
        _needed("allergies", SEVERAL, _("What to?"), only_if=("allergic", "yes"), options=(
            _("Medicines"), _("Contrast agents"), _("Food"), _("Latex or plasters"), _("Pollen, dust or animals"), _("Insect stings"),
            _("Something else"),
        )),
        _needed("allergies_more", LONG, _("What exactly, and what happens then?"), only_if=("allergic", "yes")),
    )  # fmt: skip


def _vaccinations() -> tuple[Entry, ...]:
    known = (_("Yes"), _("No"), _("I do not know"))
    return (
        _entry("page_vaccinations", PAGE, _("Vaccinations and check-ups")),
        _entry("tetanus", ONE, _("Was your last vaccination against tetanus less than ten years ago?"), options=known),
        _entry("childhood", ONE, _("Did you get the usual vaccinations as a child?"), options=known),
        _entry("influenza", ONE, _("Have you been vaccinated against influenza in the last twelve months?"), options=known),
        _entry("check_up", DATE, _("When was your last check-up or blood test?"), help=_("Roughly is enough.")),
        _entry("abroad", ASK, _("Have you been in another country in the last six months?")),
        _entry("abroad_where", COUNTRY, _("In which country?"), help=_("If there were several, the last one."), only_if=("abroad", "yes")),
    )  # fmt: skip


def _pregnancy() -> tuple[Entry, ...]:
    return (
        _entry("page_pregnancy", PAGE, _("Pregnancy")),
        _entry("pregnant", ONE, _("Are you pregnant, or do you breastfeed?"), help=_("Some medicines and examinations are not suitable then."), options=(
            _("This does not concern me"), _("No"), _("It is possible that I am pregnant"), _("I am pregnant"), _("I breastfeed"),
        )),
        _entry("week", NUMBER, _("In which week of pregnancy are you?"), only_if=("pregnant", "3")),
        _entry("contraception", SHORT, _("Do you use contraception? Which?"), only_if=("pregnant", "1")),
    )  # fmt: skip


def _family() -> tuple[Entry, ...]:
    return (
        _entry("page_family", PAGE, _("Your family")),
        _entry("family", SEVERAL, _("Do your parents, brothers, sisters or children have any of these?"), help=_("Also if they have died."), options=(
            _("Heart attack or stroke before the age of 60"), _("High blood pressure"), _("Diabetes"), _("Cancer"), _("Dementia"),
            _("Mental illness"), _("A hereditary disease"),
        )),
        _entry("family_more", LONG, _("Who has what?"), help=_("For example: my mother, breast cancer at 52.")),
    )  # fmt: skip


def _daily_life() -> tuple[Entry, ...]:
    return (
        _entry("page_life", PAGE, _("Your daily life")),
        _entry("life_why", SAY, _("Nobody judges you by your answers. They help to choose what suits you.")),
        _entry("smokes", ONE, _("Do you smoke or vape?"), options=(_("No, never"), _("Not any more"), _("Yes"))),
        _entry("smoked_until", SHORT, _("Since when not any more?"), only_if=("smokes", "1")),
        _entry("smokes_much", SHORT, _("How much a day, and for how many years?"), only_if=("smokes", "2")),
        _entry("drinks", ONE, _("How often do you drink alcohol?"), options=(
            _("Never"), _("At most once a month"), _("Two to four times a month"), _("Two or three times a week"), _("Four times a week or more"),
        )),
        _entry("drugs", ASK, _("Do you use cannabis or other drugs?")),
        _entry("drugs_more", SHORT, _("Which, and how often?"), only_if=("drugs", "yes")),
        _entry("moves", ONE, _("On how many days a week do you move so that you breathe faster?"), options=(
            _("On none"), _("On one or two"), _("On three or four"), _("On five or more"),
        )),
        _entry("sleep", ONE, _("How do you sleep?"), options=(_("Well"), _("Not so well"), _("Badly"))),
        _entry("food", SHORT, _("Is there anything that you do not eat, or a diet that you keep?")),
    )  # fmt: skip


def _mood() -> tuple[Entry, ...]:
    return (
        _entry("page_mood", PAGE, _("How you feel")),
        _entry("mood_call", SAY, _(
            "Nobody may read this before your visit. If you think of harming yourself, do not wait: call the emergency number now."
        )),
        _entry("low", ASK, _("Have you often felt down or without hope in the last month?")),
        _entry("no_joy", ASK, _("Have you often had little interest or joy in doing things in the last month?")),
        _entry("burdens", LONG, _("Is there something that weighs on you at the moment?"), help=_("At home, at work, or with money.")),
    )  # fmt: skip


def _anything_else() -> tuple[Entry, ...]:
    return (
        _entry("page_else", PAGE, _("Anything else")),
        _entry("needs", SEVERAL, _("What do you need so that the visit goes well?"), options=(
            _("An interpreter"), _("Somebody who comes with me"), _("Writing instead of speaking"), _("More time"),
            _("A place without stairs"),
        )),
        _entry("needs_more", SHORT, _("Which language do you speak, or what else should we prepare?")),
        _entry("else", LONG, _("What else should we know?")),
    )  # fmt: skip


# — short ones


def _reason() -> Template:
    return Template(
        "reason", _("Reason for your visit"), _("Four short questions. The clinic reads your answers before you talk to each other."), (
            _needed("complaint", LONG, _("What would you like help with?"), help=_("In your own words, as short or as long as you like.")),
            _needed("since", ONE, _("How long have you had it?"), options=(
                _("Since today or yesterday"), _("Some days"), _("Some weeks"), _("Some months"), _("Longer than a year"),
            )),
            _entry("tried", LONG, _("What have you tried already?")),
            _entry("expects", LONG, _("What do you hope for from the visit?")),
        ),
    )  # fmt: skip


def _medicines() -> Template:
    return Template(
        "medicines", _("Medicines and allergies"), _("So that the clinic prescribes only what suits you. Keep your packages at hand."),
        (
            _entry("about_medicines", HEADING, _("Your medicines")), *_what_is_taken(),
            _entry("about_allergies", HEADING, _("Your allergies")), *_allergies(),
        ),
    )  # fmt: skip
