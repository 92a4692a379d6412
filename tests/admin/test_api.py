"""REST for other systems: bearer tokens only, judged like the forms, described by OpenAPI."""

from __future__ import annotations

from telehealth.announcement import Announcement
from telehealth.department import Department
from telehealth.practitioner import Practitioner
from tests.admin.conftest import mails_of


def test_a_cookie_is_not_accepted(clinic, administrator):
    assert administrator(clinic).get("/admin/api/v1/department/").status_code == 401


def test_rows_are_made_changed_and_deleted(clinic, bearer):
    call = bearer(clinic)
    made = call("POST", "/department/", json={"name": "Night ward", "colour": "#112233", "position": 7})
    assert made.status_code == 201, made.text
    pk = made.json["id"]
    assert call("PUT", f"/department/{pk}", json={"description": "After ten"}).status_code == 200
    found = call("GET", f"/department/{pk}").json["result"]
    assert (found["name"], found["description"], found["position"], found["active"]) == ("Night ward", "After ten", 7, True)
    assert call("DELETE", f"/department/{pk}").status_code == 200
    with clinic.session() as session:
        assert session.get(Department, pk) is None


def test_a_write_is_judged_like_the_form(clinic, bearer):
    call = bearer(clinic)
    for body, field in (
        ({"name": ""}, "name"), ({"name": "A", "colour": "red"}, "colour"), ({"name": "A", "position": "x"}, "position"),
        ({"name": "A", "organization_id": 1}, "organization_id"), ({"name": "A", "id": 1}, "id"),
        ({"name": f"Nurses {clinic.mark}"}, "name"),
    ):  # fmt: skip
        answer = call("POST", "/department/", json=body)
        assert answer.status_code == 422 and field in answer.json["message"], body
    assert call("POST", "/department/", json=[1]).status_code == 400
    assert call("POST", "/department/", json={"name": {"a": 1}}).status_code == 400


def test_a_write_cannot_name_a_row_of_the_other_organisation(clinic, other, bearer):
    call = bearer(clinic)
    body = {"practitioner": clinic.people["doctor"], "role": "practitioner"}
    for foreign in (other.departments[0], 999_999):
        assert call("POST", "/practitioner-role/", json=body | {"department": foreign}).status_code == 422
    assert call("POST", "/practitioner-role/", json=body | {"practitioner": other.people["doctor"]}).status_code == 422
    assert call("POST", "/practitioner-role/", json=body | {"department": clinic.departments[1]}).status_code == 201


def test_a_person_made_by_another_system_is_invited_too(clinic, bearer):
    body = {"name": "Kim Berg", "email": f"kim@{clinic.slug}.example", "role": "practitioner", "locale": "en"}
    answer = bearer(clinic)("POST", "/practitioner/", json=body)
    assert answer.status_code == 201, answer.text
    assert len(mails_of(clinic, body["email"])) == 1
    with clinic.session() as session:
        assert session.query(Practitioner).filter_by(email=body["email"]).one().active


def test_moments_carry_their_zone(clinic, bearer):
    call = bearer(clinic)
    made = call("POST", "/announcement/", json={"text": "Late", "severity": "warning", "starts_at": "2026-12-01T09:30:00+02:00"})
    assert made.status_code == 201, made.text
    assert made.json["result"]["starts_at"] == "2026-12-01T07:30:00+00:00"
    with clinic.session() as session:
        assert session.query(Announcement).one().starts_at.hour == 7


def test_lists_are_filtered_sorted_and_paged(clinic, bearer):
    call = bearer(clinic)
    answer = call("GET", "/practitioner/?q=(filters:!((col:title,opr:eq,value:Nurse)))")
    assert answer.json["count"] == 1 and answer.json["result"][0]["name"] == f"Dr Nurse {clinic.mark}"
    names = [row["name"] for row in call("GET", "/practitioner/?q=(order_column:name,order_direction:desc,page_size:2)").json["result"]]
    assert names == sorted(names, reverse=True) and len(names) == 2


def test_unknown_columns_and_values_are_refused(clinic, bearer):
    call = bearer(clinic)
    for query in (
        "(order_column:organization_id,order_direction:asc)", "(filters:!((col:organization_id,opr:eq,value:1)))",
        "(filters:!((col:active,opr:eq,value:perhaps)))", "(filters:!((col:name,opr:nope,value:x)))", "(((",
    ):  # fmt: skip
        assert call("GET", f"/practitioner/?q={query}").status_code == 400, query


def test_what_is_secret_is_in_no_answer(full, bearer):
    call = bearer(full)
    for path in ("/api-key/", "/outgoing-mail/", "/practitioner/"):
        text = call("GET", path).text
        assert "secret_hash" not in text and "consult_deeplink" not in text and '"html"' not in text and "visit#" not in text


def test_read_only_things_stay_so(full, bearer):
    call = bearer(full)
    for path in ("/audit-event/1", "/outgoing-mail/1", "/appointment/1", "/api-key/1"):
        for method in ("PUT", "DELETE"):
            assert call(method, path, json={}).status_code == 405, path


def test_a_department_administrators_token_reaches_as_far_as_the_person(full, bearer):
    call = bearer(full, "manager")
    assert call("GET", "/patient/").status_code == 200
    assert call("GET", "/practitioner/").status_code == 403


def test_the_token_of_a_paused_person_opens_nothing(clinic, administrator, bearer):
    call = bearer(clinic, "manager")
    assert call("GET", "/patient/").status_code == 200
    administrator(clinic).post(f"/admin/people/action/pause/{clinic.people['manager']}")
    assert call("GET", "/patient/").status_code in {401, 403}


def test_everything_is_described(clinic, bearer, administrator):
    described = bearer(clinic)("GET", "/_openapi")
    assert described.status_code == 200
    paths = described.json["paths"]
    assert {"get", "post"} <= set(paths["/api/v1/department/"])
    assert described.json["servers"] == [{"url": "http://localhost/admin"}]
    assert administrator(clinic).get("/admin/api/v1/_openapi").status_code == 200
