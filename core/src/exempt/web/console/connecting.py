"""Connections made, changed and removed here, by forms that connectors' settings say.

A secret that somebody types is never shown again, not even beside a mistake in the
same form: it is typed anew, or checked first, which leaves the page as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import ConflictError, ExemptError, NotFoundError
from exempt.model.access import Right
from exempt.rules import settings_filled as filling
from exempt.rules.settings_fields import Field, fields_of
from exempt.services import companies, scoped
from exempt.services.companies import Placed
from exempt.services.source_ports import FormError, MadeConnection
from exempt.services.stewarding import Steward, Tried
from exempt.web.console.sources import known, seen, steward_of
from exempt.web.pages import Call, Pages

pages = Pages()

OWN, COMMON = "s.", "o."
"""Before the names of fields: of the connector's own settings, of what all connections have."""

FIRST = ("schedule", "write_back", "since")
"""What all connections have and most people look at; the rest is folded."""

_BEGINS = "settings."


class Form(NamedTuple):
    """A form to fill in.

    Attributes:
        made: What it was before; of a new one, with no settings.
        title: Of the connector.
        companies: Those to choose from.
    """

    made: MadeConnection
    title: str
    own: tuple[Field, ...]
    common: tuple[Field, ...]
    companies: list[Placed]

    @property
    def is_new(self) -> bool:
        """Whether there is none yet."""
        return not self.made.version


@pages.get("/connect", may=Right.ADMINISTER)
def choose(call: Call) -> Response:
    """The systems that can be connected."""
    return call.page(
        "sources/choose.html", connectors=_making(call).connectors(), plugins=_failed(call)
    )


@pages.get("/connect/{connector}", may=Right.ADMINISTER)
def new(call: Call) -> Response:
    """The form to make a connection."""
    return _page(call, _new_form(call))


@pages.post("/connect/{connector}", may=Right.ADMINISTER, slow=True)
def make(call: Call) -> Response:
    """Try what was filled in, or make the connection."""
    form = _new_form(call)
    name = call.text("name")
    return _sent(call, form, form.made._replace(name=name, company=call.text("company")))


@pages.get("/sources/{name}/settings", may=Right.ADMINISTER)
def edit(call: Call) -> Response:
    """The form to change one that was made here."""
    return _page(call, _form_of(call))


@pages.post("/sources/{name}/settings", may=Right.ADMINISTER, slow=True)
def change(call: Call) -> Response:
    """Try what was filled in, or change the connection."""
    form = _form_of(call)
    version = _number(call.text("version"))
    return _sent(call, form, form.made._replace(version=version))


@pages.post("/sources/{name}/remove", may=Right.ADMINISTER)
def remove(call: Call) -> Response:
    """Remove one that was made here; what was read of it stays."""
    form = _form_of(call)
    try:
        _making(call).remove(form.made.name, _number(call.text("version")), call.by.name)
    except ConflictError as error:
        return _page(call, form, errors={"": str(error)}, status=409)
    return call.go("/sources", f"{form.made.name} is removed. What was read of it stays.")


# --- what was filled in ------------------------------------------------------------------


def _sent(call: Call, form: Form, draft: MadeConnection) -> Response:
    own = filling.read(form.own, _given(call, OWN), form.made.settings)
    common = filling.read(form.common, _given(call, COMMON), {})
    options = dict(common.settings)
    schedule = options.pop("schedule", None)
    draft = draft._replace(settings=own.settings, options=options, schedule=schedule)
    errors = _named(form, own.errors, common.errors)
    if form.is_new and draft.company not in {each.company.key for each in form.companies}:
        errors["company"] = "Company: choose one"
    try_it = call.text("do") == "check"
    if errors:
        return _page(call, form, draft, errors=errors, status=200 if try_it else 422)
    return _tried(call, form, draft) if try_it else _saved(call, form, draft)


def _tried(call: Call, form: Form, draft: MadeConnection) -> Response:
    """Whether these settings work; nothing is kept, and what was typed stays in the page."""
    try:
        tried = _making(call).try_out(draft)
    except FormError as error:
        return _page(call, form, draft, errors=_of_form(form, error))
    except ExemptError as error:
        return _page(call, form, draft, errors={"": str(error)})
    return _page(call, form, draft, tried=tried)


def _saved(call: Call, form: Form, draft: MadeConnection) -> Response:
    try:
        _making(call).save(draft, call.by.name)
    except FormError as error:
        return _page(call, form, draft, errors=_of_form(form, error), status=422)
    except ConflictError as error:
        now = _making(call).made(draft.name)
        fresh = form._replace(made=now) if now is not None else form
        return _page(call, fresh, draft, errors={"": str(error)}, status=409)
    except ExemptError as error:
        return _page(call, form, draft, errors={"": str(error)}, status=422)
    if form.is_new:
        said = f"{draft.name} is connected. The daemon reads it within seconds."
    else:
        said = f"The settings of {draft.name} are changed."
    return call.go(f"/sources/{draft.name}", said)


def _given(call: Call, prefix: str) -> filling.Given:
    def given(key: str) -> str:
        found = [text for text in call.form.getlist(prefix + key) if isinstance(text, str)]
        return "\n".join(found)

    return given


def _of_form(form: Form, error: FormError) -> dict[str, str]:
    own = {k[len(_BEGINS) :]: v for k, v in error.errors.items() if k.startswith(_BEGINS)}
    rest = {k: v for k, v in error.errors.items() if not k.startswith(_BEGINS)}
    named = {key: rest.pop(key) for key in ("name", "company", "") if key in rest}
    return named | _named(form, own, rest)


def _named(form: Form, own: Mapping[str, str], common: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by the names of the form's fields."""
    errors: dict[str, str] = {}
    for prefix, fields, wrong in ((OWN, form.own, own), (COMMON, form.common, common)):
        for key, sentence in filling.placed(fields, wrong).items():
            errors[prefix + key if key else ""] = sentence
    return errors


# --- forms -------------------------------------------------------------------------------


def _making(call: Call) -> Steward:
    """The steward, where connections are made here.

    Raises:
        HTTPException: 404, they are not.
    """
    steward = steward_of(call)
    if not steward.may_make:
        raise HTTPException(404)
    return steward


def _new_form(call: Call) -> Form:
    name = call.path["connector"]
    return _form(call, MadeConnection("", name, "", None, {}, {}))


def _form_of(call: Call) -> Form:
    """The form of one that was made here.

    Raises:
        HTTPException: 404, there is none, or it stands in the settings file.
    """
    view = seen(call)
    made = _making(call).made(view.name)
    if made is None or view.configured is None or not view.configured.version:
        raise HTTPException(404)
    return _form(call, made)


def _form(call: Call, made: MadeConnection) -> Form:
    steward = _making(call)
    titles = {each.name: each.title for each in steward.connectors()}
    try:
        schema = steward.schema(made.connector)
    except NotFoundError:
        raise HTTPException(404) from None
    with call.site.store.reading() as tx:
        mine = scoped.companies(tx, call.by)
    ids = {row.id for row in mine}
    tops = [row if row.parent_id in ids else row._replace(parent_id=None) for row in mine]
    common = sorted(fields_of(steward.options()), key=lambda field: _place(field.name))
    return Form(
        made, titles[made.connector], fields_of(schema), tuple(common), companies.tree(tops)
    )


def _place(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)


def _page(
    call: Call,
    form: Form,
    draft: MadeConnection | None = None,
    *,
    errors: dict[str, str] | None = None,
    tried: Tried | None = None,
    status: int = 200,
) -> Response:
    made, steward = draft or form.made, _making(call)
    values = _values(call, form) if draft else _shown(form, made)
    return call.page(
        "sources/form.html",
        status,
        form=form,
        made=made,
        version=form.made.version,
        companies=[
            (each.company.key, "\u2003" * each.depth + each.company.name) for each in form.companies
        ],
        first=[field for field in form.common if field.name in FIRST],
        rest=[field for field in form.common if field.name not in FIRST],
        values=values,
        kept={OWN + key for key in filling.is_kept(form.own, form.made.settings)},
        errors=errors or {},
        tried=tried,
        choices={OWN + key: pairs for key, pairs in (tried.choices if tried else {}).items()},
        references=steward.references,
        on=filling.ON,
        reference=filling.REFERENCE,
        forget=filling.FORGET,
        **known(call),
    )


def _shown(form: Form, made: MadeConnection) -> dict[str, str]:
    """What the form shows of what is kept."""
    common = {**made.options, **({"schedule": made.schedule} if made.schedule else {})}
    own = filling.filled(form.own, made.settings)
    return {OWN + k: v for k, v in own.items()} | {
        COMMON + k: v for k, v in filling.filled(form.common, common).items()
    }


def _values(call: Call, form: Form) -> dict[str, str]:
    """What was filled in, but for secrets."""
    secret = {OWN + key for key in filling.secret_keys(form.own)}
    return {
        name: _given(call, "")(name)
        for name in call.form
        if name.startswith((OWN, COMMON)) and name not in secret
    }


def _failed(call: Call) -> list[Any]:
    return [each for each in _making(call).plugins() if each.state != "loaded"]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
