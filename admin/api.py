"""The same views for other systems: REST with bearer tokens, judged by the same forms, described by OpenAPI.

A cookie is not accepted: it would need the protection against forged requests that a bearer call cannot give.
"""

from __future__ import annotations

from typing import Any

import prison
from flask import request
from flask_appbuilder import ModelRestApi
from flask_appbuilder.api.convert import Model2SchemaConverter
from flask_appbuilder.api.manager import OpenApi
from flask_appbuilder.hooks import before_request
from marshmallow import fields
from marshmallow_sqlalchemy import SQLAlchemyAutoSchema
from sqlalchemy import inspect
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from admin.forms import RowForm
from admin.generated import SCOPE, GeneratedView
from admin.rows import Rows
from telehealth.database import Instant


class SchemaConverter(Model2SchemaConverter):  # type: ignore[misc]
    def _meta_schema_factory(self, columns: Any, model: Any, class_mixin: Any, parent_schema_name: Any = None) -> Any:
        schema = super()._meta_schema_factory(columns, model, class_mixin, parent_schema_name)
        meta = type("Meta", (schema.Meta,), {"include_fk": True})  # listed key columns are dropped without it
        return type(schema.__name__, (class_mixin, SQLAlchemyAutoSchema), {"Meta": meta})

    def _column2field(self, datamodel: Any, column: Any, *args: Any, **options: Any) -> Any:
        if column.name in datamodel.list_columns and isinstance(datamodel.list_columns[column.name].type, Instant):
            return fields.AwareDateTime(allow_none=True)
        if column.name == "recurrence":
            return fields.Function(lambda row: row.recurrence.rrule)
        return super()._column2field(datamodel, column, *args, **options)


class ApiRows(Rows):
    """Flask-AppBuilder's own queries, always within reach."""

    only: Any = None

    def query(
        self, filters: Any = None, order_column: str = "", order_direction: str = "", page: int | None = None,
        page_size: int | None = None, select_columns: list[str] | None = None, outer_default_load: bool = False,
    ) -> tuple[int, list[Any]]:  # fmt: skip
        """How many there are, and one page of them with the relations that are asked for."""
        found = self.found(filters or self.get_filters(), "")
        found = self.only(found) if self.only else found
        order = self.order_by(order_column or "id", order_direction or "asc")
        relations = list(dict.fromkeys(name.partition(".")[0] for name in select_columns or ()))
        return self.count(found), self.page_of(found, order, relations, page or 0, page_size or 100)

    def get(self, pk: Any, filters: Any = None, *args: Any, **options: Any) -> Any:
        return super().get(pk, self.only)


class GeneratedApi(ModelRestApi):  # type: ignore[misc]
    """Reads with Flask-AppBuilder's queries, writes through the view's own form and rules."""

    model2schemaconverter = SchemaConverter
    allow_browser_login = False
    view: type[GeneratedView]
    max_page_size = 100

    def __init__(self) -> None:
        for name in ("list_columns", "show_columns", "add_columns", "edit_columns", "search_columns", "order_columns"):
            if SCOPE in (getattr(self, name) or ()):
                raise TypeError(f"{type(self).__name__}.{name} offers {SCOPE}")
        super().__init__()

    @before_request
    def require_readable_query(self) -> Any:
        """Some malformed queries make the parser call itself for ever."""
        try:
            prison.loads(request.args.get("q", "()"))
        except (prison.decoder.ParserException, RecursionError):
            return self.response_400(message="The query is not Rison")
        return None

    def page(self) -> GeneratedView:
        return next(v for v in self.appbuilder.baseviews if type(v) is self.view)

    def post_headless(self) -> Any:
        row = self.datamodel.obj()
        return self._write(self.page().add_form, row, 201)

    def put_headless(self, pk: Any) -> Any:
        row = self.page().datamodel.get(pk, self.page().only)
        return self._write(self.page().edit_form, row, 200) if row is not None else self.response_404()

    def delete_headless(self, pk: Any) -> Any:
        row = self.page().datamodel.get(pk, self.page().only)
        if row is None:
            return self.response_404()
        return self.response(200, message="OK") if self.page().remove([row]) else self.response_422(message="in use")

    def get_headless(self, pk: Any, **options: Any) -> Any:
        if self.page().datamodel.get(pk, self.page().only) is None:
            return self.response_404()
        return super().get_headless(pk, **options)

    def _handle_filters_args(self, asked: dict[str, Any]) -> Any:
        """The filters of this model's own columns; Flask-AppBuilder looks them up in one table for all models."""
        filters = self.datamodel.get_filters(self.search_columns)
        for wanted in asked.get("filters", []):
            known = filters.get_search_filters().get(wanted.get("col"), [])
            found = next((f for f in known if f.arg_name == wanted.get("opr")), None)
            if found is None:
                raise BadRequest(f"Unknown filter {wanted.get('opr')} on {wanted.get('col')}")
            filters._add_filter(found, wanted.get("value"))
        return filters

    def _write(self, kind: type[RowForm], row: Any, status: int) -> Any:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            return self.response_400(message="The request must be a JSON object")
        form = kind(formdata=None, obj=row if row.id is not None else None, meta={"csrf": False})
        if unknown := sorted(set(body) - set(form._fields)):
            return self.response_422(message={name: ["Unknown field."] for name in unknown})
        fill(form, body)
        if not self.page().keep(form, row):
            return self.response_422(message={name or "_": said for name, said in form.errors.items()})
        return self.response(status, id=row.id, result=self.show_model_schema.dump(row))


def fill(form: RowForm, body: dict[str, Any]) -> None:
    """Give the named fields what the body says; the others keep what they have."""
    for name, value in body.items():
        form[name].process(MultiDict([(name, part) for part in _parts(value)]), form[name].object_data)


def _parts(value: Any) -> list[str]:
    if isinstance(value, dict):
        raise BadRequest("A field must be a text, a number, yes or no, or a list of them")
    if isinstance(value, list):
        return [_part(part) for part in value]
    return [_part(value)]


def _part(value: Any) -> str:
    if value is None:
        return ""
    return ("y" if value else "false") if isinstance(value, bool) else str(value)


def api_of(view: type[GeneratedView]) -> type[GeneratedApi]:
    """The API of a view: the same columns, the same ways in."""
    rows = ApiRows(view.datamodel.obj)
    made = view()
    rows.only = made.only
    return type(
        view.__name__.removesuffix("View") + "Api",
        (GeneratedApi,),
        {
            "view": view,
            "datamodel": rows,
            "resource_name": rows.obj.__tablename__.replace("_", "-"),
            "list_columns": ["id", *_dotted(rows, view, made.list_columns)],
            "show_columns": ["id", *_dotted(rows, view, made.show_columns)],
            "add_columns": [c for c in made.add_columns if c in rows.list_properties],
            "edit_columns": [c for c in made.edit_columns if c in rows.list_properties],
            "search_columns": made.search_columns,
            "order_columns": [c for c in made.order_columns if c in rows.list_columns],
            "include_route_methods": _ways(view),
            "openapi_spec_tag": str(made.named.many),
        },
    )


def _dotted(rows: Rows, view: type[GeneratedView], columns: list[str]) -> list[str]:
    """Relations by number and name, so that a page takes one query."""
    found = []
    for name in columns:
        if rows.is_relation(name):
            related = rows.get_related_model(name)
            words = [c for c in ("id", "name", "last_name") if c in inspect(related).columns]
            found += [f"{name}.{word}" for word in words]
        else:
            found.append(name)
    return found


def _ways(view: type[GeneratedView]) -> set[str]:
    given = {"add": "post", "edit": "put", "delete": "delete", "list": "get_list", "show": "get"}
    ways = {given[way] for way in view.include_route_methods if way in given} | {"info"}
    return ways - ({"post"} if view.__name__ == "ApiKeyView" else set())


class SpecificationApi(OpenApi):  # type: ignore[misc]
    """OpenAPI of everything below; staff may read it in the browser too."""


ModelRestApi.model2schemaconverter = SchemaConverter  # Flask-AppBuilder's own security APIs too
