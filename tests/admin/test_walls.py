"""No page and no API of the admin shows or changes the other organisation; traps of the generator stay closed."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import inspect

from admin import menu, words
from admin.api import GeneratedApi
from admin.generated import GeneratedView
from admin.rows import Rows
from telehealth.database import Base
from telehealth.department import Department
from telehealth.practitioner import Practitioner
from tests.admin.conftest import row_of

NOT_GENERATED = {"StartView", "StaffAuthView", "PasswordView", "ThrottledSecurityApi", "ProfileView", "SpecificationApi", "ReportView", "ContactReportView"}


def routes(app):
    """Every (endpoint, method, rule) of generated views and APIs."""
    own = {type(view).__name__: view for view in app.appbuilder.baseviews if isinstance(view, GeneratedView | GeneratedApi)}
    for rule in app.url_map.iter_rules():
        view = own.get(rule.endpoint.partition(".")[0])
        for method in rule.methods - {"HEAD", "OPTIONS"} if view else ():
            yield rule.endpoint, method, rule, view


def visit(app, someone, call, clinic, methods=("GET", "POST", "PUT", "DELETE")):
    """Walk every route and method with a clinic's ids; reads first."""
    for endpoint, method, rule, view in sorted(routes(app), key=lambda route: (route[1] != "GET", route[0], route[1])):
        if method not in methods:
            continue
        pk = row_of(clinic, view.datamodel.obj)
        known = {"pk": pk, "name": next(iter(getattr(view, "actions", {})), "x"), "field": "department", "number": 0}
        path = app.url_map.bind("localhost").build(endpoint, {name: known[name] for name in rule.arguments})
        if isinstance(view, GeneratedApi):
            body = {"name": "taken over"}
            yield endpoint, method, call(method, path.removeprefix("/admin/api/v1"), json=body if method != "GET" else None)
        elif method == "GET":
            for query in ("", f"?q={clinic.mark}", *([f"?{view.parent}={pk}"] if getattr(view, "parent", "") else [])):
                yield endpoint, method, someone.get(path + query)
        else:
            for action in [*getattr(view, "actions", {}), ""]:
                form = {"name": "taken over", "action": action, "rowid": [str(pk)], "confirmed": "yes"}
                yield endpoint, method, someone.post(path, form)


def content(clinic):
    """Everything the clinic owns, as text."""
    with clinic.sessions(organization=clinic.id) as session:
        tables = [mapper.class_ for mapper in Base.registry.mappers if hasattr(mapper.class_, "organization_id")]
        found = {}
        for model in sorted(tables, key=lambda model: model.__name__):
            columns = [c.key for c in inspect(model).column_attrs]
            rows = session.query(model).filter(model.organization_id == clinic.id).order_by(*inspect(model).primary_key)
            found[model.__name__] = [[str(getattr(row, c)) for c in columns] for row in rows]
        return found


def test_no_route_shows_or_changes_the_other_organisation(app, clinics, administrator, bearer):
    ours, theirs = clinics
    someone, call = administrator(ours), bearer(ours)
    before, seen = content(theirs), set()
    for endpoint, method, answer in visit(app, someone, call, theirs):
        seen.add((endpoint, method))
        echoes = (f'value="{theirs.mark}"', f"“{theirs.mark}”", f"q={theirs.mark}")  # what was searched for
        text = answer.text
        for echo in echoes:
            text = text.replace(echo, "")
        assert theirs.mark not in text, (endpoint, method)
        assert answer.status_code < 500, (endpoint, method, answer.status_code, answer.text[:300])
    assert content(theirs) == before
    assert len(seen) > 120, len(seen)


def test_the_walk_does_see_what_is_ours(app, clinics, administrator, bearer):
    """Otherwise the walls would be proved on empty rooms."""
    ours, _theirs = clinics
    reads = visit(app, administrator(ours), bearer(ours), ours, ("GET",))
    shown = {endpoint for endpoint, _method, answer in reads if ours.mark in answer.text}
    wanted = {"PractitionerView.list", "PractitionerView.edit", "PractitionerView.show", "WidgetView.show", "PatientView.list",
              "AppointmentView.list", "JobView.list", "OutgoingMailView.list", "AuditEventView.list", "ApiKeyView.list",
              "AnnouncementView.list", "PractitionerApi.get_list", "PractitionerApi.get", "PatientView.export"}  # fmt: skip
    assert wanted <= shown, wanted - shown


def test_a_form_cannot_name_a_row_of_the_other_organisation(clinics, administrator):
    ours, theirs = clinics
    someone = administrator(ours)
    person, department = theirs.people["doctor"], theirs.departments[0]
    form = {"role": "practitioner", "department": str(department)}
    answer = someone.post(f"/admin/roles/add?practitioner={ours.people['doctor']}", form | {"practitioner": ours.people["doctor"]})
    assert answer.status_code == 422 and "Choose one of the list" in answer.text
    assert someone.get(f"/admin/roles/add?practitioner={person}").status_code == 404
    assert someone.post("/admin/roles/add", form | {"practitioner": person, "department": ""}).status_code == 422


def test_drop_downs_offer_own_rows_only(clinics, administrator):
    ours, theirs = clinics
    page = administrator(ours).get("/admin/availabilities/add").text
    assert f"Dr Doctor {ours.mark}" in page and theirs.mark not in page


def test_sorting_by_what_is_not_listed_is_refused(clinics, administrator):
    someone = administrator(clinics[0])
    for column in ("organization_id", "roles", "no_such_column", "__class__"):
        assert someone.get(f"/admin/people/list/?_oc_PractitionerView={column}&_od_PractitionerView=asc").status_code == 400


def test_filtering_by_what_is_not_listed_is_refused(clinics, administrator):
    someone = administrator(clinics[0])
    for query in ("_flt_0_organization_id=1", "_flt_0_secret_hash=a", "_flt_9_name=a", "_flt_0_active=perhaps", "_flt_0_kind=x"):
        answer = someone.get(f"/admin/{'people' if 'kind' not in query else 'widgets'}/list/?{query}")
        assert answer.status_code == 400, query


def test_an_unknown_action_is_not_found(clinics, administrator):
    someone, ours = administrator(clinics[0]), clinics[0]
    assert someone.post("/admin/people/action_post", {"action": "promote", "rowid": "1"}).status_code == 404
    assert someone.post(f"/admin/people/action/promote/{ours.people['doctor']}").status_code == 404


def test_what_a_view_does_not_offer_cannot_be_done_by_hand(clinics, administrator):
    someone, ours = administrator(clinics[0]), clinics[0]
    from telehealth.audit import AuditEvent
    from telehealth.outbox import OutgoingMail

    for base, model in (("access-log", AuditEvent), ("outbox", OutgoingMail)):
        pk = row_of(ours, model)
        assert someone.post(f"/admin/{base}/delete/{pk}").status_code in {404, 405}
        assert someone.post(f"/admin/{base}/action_post", {"action": "delete_all", "rowid": pk, "confirmed": "yes"}).status_code in {404, 405}
        assert row_of(ours, model) >= pk


def test_opening_an_address_changes_nothing(clinics, administrator):
    someone, ours = administrator(clinics[0]), clinics[0]
    answer = someone.get(f"/admin/departments/delete/{ours.departments[0]}")
    assert answer.status_code == 200 and "This cannot be undone" in answer.text
    with ours.session() as session:
        assert session.get(Department, ours.departments[0]) is not None


def test_a_form_without_its_token_is_refused(clinics, administrator):
    someone, ours = administrator(clinics[0]), clinics[0]
    assert someone.client.post(f"/admin/departments/delete/{ours.departments[0]}").status_code == 400


@pytest.mark.parametrize("path", ["users", "roles/list/../../users", "groups", "permissions", "userinfoeditview", "resetpassword", "resetmypassword", "register"])
def test_the_generators_own_user_pages_are_not_there(path, clinics, administrator):
    someone = administrator(clinics[0])
    for way in ("list/", "form", "add"):
        assert someone.get(f"/admin/{path}/{way}").status_code == 404


def test_role_patterns_are_anchored(app):
    patterns = [part for pairs in app.config["FAB_ROLES"].values() for pair in pairs for part in pair]
    assert patterns and all(part.startswith("^") and part.endswith("$") for part in patterns)


def test_every_view_is_in_the_navigation_or_on_the_page_of_another(app):
    placed = set(menu.VIEWS)
    generated = {type(view) for view in app.appbuilder.baseviews if isinstance(view, GeneratedView)}
    assert generated == placed
    known = {type(view).__name__ for view in app.appbuilder.baseviews}
    assert {name for name in known if not re.fullmatch("|".join(f"{v.__name__}|{v.__name__[:-4]}Api" for v in placed), name)} == NOT_GENERATED


@pytest.mark.parametrize("view", menu.VIEWS, ids=lambda view: view.__name__)
def test_every_field_has_a_name_and_a_help_text(view, app):
    made = next(v for v in app.appbuilder.baseviews if type(v) is view)
    model = made.datamodel.obj
    fields = {*made.add_columns, *made.edit_columns, *made.show_columns, *made.list_columns}
    assert fields
    with app.test_request_context("/admin/"):
        for name in fields:
            assert str(words.label(model, name)).strip() and str(words.description(model, name)).strip(), name
        for name in {*made.add_columns, *made.edit_columns}:
            form = made.add_form if name in made.add_columns else made.edit_form
            assert str(form(meta={"csrf": False})[name].description).strip(), name


def test_every_choice_has_a_word(app):
    for kind, named in words.CHOICES.items():
        assert {choice.value for choice in kind} == set(named), kind


def test_a_view_must_say_its_columns(app):
    class Sloppy(GeneratedView):
        datamodel = Rows(Practitioner)

    with app.app_context(), pytest.raises(TypeError, match="list_columns"):
        Sloppy()


def test_a_view_cannot_offer_the_organisation(app):
    class Leaky(GeneratedView):
        datamodel = Rows(Practitioner)
        list_columns, form_columns = ["name", "organization_id"], ["name"]

    with app.app_context(), pytest.raises(TypeError, match="organization_id"):
        Leaky()
