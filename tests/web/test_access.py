"""Every route x every role against the permission table; strangers' objects do not exist."""

import re
from typing import Any

import pytest
from argon2 import Type, extract_parameters
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from servicedesk.accounts.actions import hash_password, set_active
from servicedesk.audit.models import AuditEntry
from servicedesk.core.permissions import PERMISSIONS, Role, scope_of
from servicedesk.core.projects import Stage
from servicedesk.database import Base
from servicedesk.enterprises.actions import invite
from servicedesk.enterprises.importing import upload as upload_list
from servicedesk.enterprises.queries import open_invitations
from servicedesk.extensions import db
from servicedesk.financing.actions import NeedForm, ProductForm, offer, register_need, save_product
from servicedesk.projects.actions import Details, create_project, link_enterprise, reach
from servicedesk.projects.obstacles import raise_obstacle
from servicedesk.projects.queries import services
from servicedesk.tickets.actions import add_upload, send_message
from servicedesk.tickets.files import store
from servicedesk.web.access import FLASK_OWN, on_own_side, permission_of
from tests.actions.materials_support import route_values as material_values
from tests.actions.test_enterprise_import import line, workbook
from tests.policies import policy_values
from tests.support import OWNERS, PASSWORD, STAFF, START, Town
from tests.web.training_values import training_and_hiring
from tests.web.values import loop_values
from tests.web.visit_values import visit_values

ROLE_OF = {login: role for login, (role, _unit) in STAFF.items()} | dict.fromkeys(
    OWNERS, Role.REQUESTER
)
ONE_OF_EACH = {role: login for login, role in reversed(ROLE_OF.items())}
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"


@pytest.fixture
def closed_app(sqlite_app: Flask) -> Flask:
    """An application whose forms need no token: what is tested here is who may."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


@pytest.fixture
def arguments(closed_app: Flask) -> dict[str, Any]:
    """A value for every variable that stands in a route; a new one must be added here."""
    town = Town()
    ticket = town.walk(town.file("alice"), "accept", "dispatch", "sign")
    folder = closed_app.extensions["settings"].uploads_dir
    upload = add_upload(town.alice, store(folder, "照片.png", PNG, 10_000))
    send_message(town.alice, ticket.id, "请看照片", uploads=[upload.token])
    values = {
        "number": ticket.number,
        "name": "withdraw",
        "code": "A01",
        "token": upload.token,
        "enterprise_id": town.enterprise_id("alice"),
        "user_id": town.user("officer2").id,
        "day": "2024-03-05",
        "filename": "x.eml",
        "move": "retry",
        "key": "A02",
        "import_id": upload_list(town.desk, "x.xlsx", workbook([line(1)])).id,
        **project_values(town),
        **financing(town),
        **visit_values(town),
        **material_values(town),
        **policy_values(town),
        **training_and_hiring(town),
        **loop_values(town),
    }
    db.session.remove()
    return values


def financing(town: Town) -> dict[str, Any]:
    """A need of alice's, a bank's product and its offer."""
    product = save_product(
        town.desk,
        ProductForm(
            town.unit_id("YH"), "农商行", "科技贷", "无抵押", 1000, 900_000, 3.5, 4.5, 36, []
        ),
    )
    need = register_need(
        town.alice,
        NeedForm(
            town.enterprise_id("alice"), 200_000, "流动资金", 12, [], "", "李工", "13800138000", "n"
        ),
    )
    made = offer(town.desk, need.id, product.id, 100_000, 3.8)
    return {
        "product_id": product.id, "need_id": need.id, "offer_id": made.id,
        "step": "grant", "choice": "accept",
    }  # fmt: skip


def project_values(town: Town) -> dict[str, int]:
    """A project of Alice's enterprise with a service and an obstacle, and an open invitation."""
    made = create_project(town.desk, Details("储能电池", 2000, town.user("desk").id), START.date())
    link_enterprise(town.desk, made.id, town.enterprise_id("alice"), made.version)
    reach(town.desk, made.id, Stage.SIGNED, START.date())
    obstacle = raise_obstacle(town.desk, made.id, "供电不足", town.unit_id("SCJG"))
    invite(town.alice, town.enterprise_id("alice"))
    [waiting] = open_invitations(town.enterprise_id("alice"), START)
    return {
        "project_id": made.id, "service_id": services(made.id)[0].id, "obstacle_id": obstacle.id,
        "invitation_id": waiting.id,
    }  # fmt: skip


def person(app: Flask, login: str) -> FlaskClient:
    """Return a browser in which ``login`` has signed in."""
    client = app.test_client()
    answer = client.post("/sign-in", data={"login": login, "password": PASSWORD})
    assert answer.status_code == 302, login
    return client


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Return (endpoint, method, rule) of every route of ours."""
    return sorted(
        (rule.endpoint, method, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in FLASK_OWN
        for method in (rule.methods or set()) & {"GET", "POST"}
    )


def address(app: Flask, endpoint: str, method: str, values: dict[str, Any]) -> str:
    """Return the address of a route with its variables filled in."""
    rule = next(r for r in app.url_map.iter_rules(endpoint) if method in (r.methods or set()))
    missing = rule.arguments - set(values)
    assert not missing, f"{endpoint} has {missing}: add a value to the fixture"
    with app.test_request_context():
        return app.url_for(endpoint, **{name: values[name] for name in rule.arguments})


@pytest.mark.parametrize("login", [None, *ONE_OF_EACH.values()])
def test_every_route_obeys_the_permission_table(
    closed_app: Flask, arguments: dict[str, Any], login: str | None
) -> None:
    client = person(closed_app, login) if login else closed_app.test_client()
    for endpoint, method, _rule in routes(closed_app):
        if endpoint in ("account.sign_out", "account.sign_in"):
            continue
        url = address(closed_app, endpoint, method, arguments)
        permission = permission_of(closed_app, endpoint)
        answer = client.open(url, method=method)
        where = f"{login} {method} {url}: {answer.status_code}"
        assert answer.status_code < 500 or endpoint == "health.ready", where
        if permission is None:
            assert answer.status_code != 403, where
        elif login is None:
            assert answer.status_code == 302, where
            assert "/sign-in" in answer.headers["Location"], where
        elif scope_of(ROLE_OF[login], permission) is None or not on_own_side(
            ROLE_OF[login], endpoint.split(".")[0]
        ):
            assert answer.status_code == 403, where
        elif method == "GET":
            assert answer.status_code != 403, where


def test_every_permission_that_routes_name_is_in_the_table(closed_app: Flask) -> None:
    named = {permission_of(closed_app, endpoint) for endpoint, _m, _r in routes(closed_app)}
    assert named - {None} <= set(PERMISSIONS)


def test_another_enterprises_things_do_not_exist(
    closed_app: Flask, arguments: dict[str, Any]
) -> None:
    """Ticket, receipt, attachment, message, every action: 404, as for a number nobody has."""
    bob = person(closed_app, "bob")
    nobody = {**arguments, "number": "20240305-99999-1", "token": "nothing"}
    tried = 0
    for endpoint, method, rule in routes(closed_app):
        if not endpoint.startswith(("portal.", "files.")):
            continue
        if "<number>" not in rule and "<token>" not in rule:
            continue
        answer = bob.open(address(closed_app, endpoint, method, arguments), method=method)
        unknown = bob.open(address(closed_app, endpoint, method, nobody), method=method)
        assert answer.status_code == unknown.status_code == 404, (endpoint, method)
        for name in ("number", "token"):
            unknown_text = unknown.text.replace(nobody[name], arguments[name])
            if nobody[name] in unknown.text:
                assert without_tokens(answer.text) == without_tokens(unknown_text), endpoint
        tried += 1
    assert tried >= 5


def without_tokens(text: str) -> str:
    """Take out the tokens of forms, which carry the second in which they were made."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", text)


def test_another_units_ticket_does_not_exist(closed_app: Flask, arguments: dict[str, Any]) -> None:
    stranger = person(closed_app, "officer2")
    assert stranger.get(f"/desk/tickets/{arguments['number']}").status_code == 404
    assert stranger.get(f"/files/{arguments['token']}").status_code == 404
    assert person(closed_app, "officer").get(f"/files/{arguments['token']}").status_code == 200


def test_a_confidential_matter_is_closed_to_leaders(closed_app: Flask) -> None:
    town = Town()
    ticket = town.file("alice", "H01", title="与员工的劳动争议")
    number = ticket.number
    db.session.remove()
    leader = person(closed_app, "leader")
    assert leader.get(f"/desk/tickets/{number}").status_code == 404
    listed = leader.get("/desk/?view=all").text
    assert "敏感事项" in listed
    assert "劳动争议" not in listed
    assert person(closed_app, "desk").get(f"/desk/tickets/{number}").status_code == 200


def test_a_closed_account_is_out_at_once(closed_app: Flask) -> None:
    town = Town()
    officer = person(closed_app, "officer")
    assert officer.get("/desk/").status_code == 200
    set_active(town.admin, town.user("officer").id, False)
    db.session.remove()
    assert officer.get("/desk/").status_code == 302


def test_posts_without_a_token_are_refused(sqlite_app: Flask) -> None:
    answer = sqlite_app.test_client().post("/sign-in", data={"login": "desk", "password": "x"})
    assert answer.status_code == 400


def test_gets_change_nothing(closed_app: Flask, arguments: dict[str, Any]) -> None:
    """GETs run in read-only transactions; the only traces are audit entries of refusals."""
    desk = person(closed_app, "desk")
    before = _fingerprint()
    for endpoint, method, _rule in routes(closed_app):
        if method == "GET":
            desk.get(address(closed_app, endpoint, method, arguments))
    assert _fingerprint() == before


def _fingerprint() -> dict[str, list[Any]]:
    passed_over = {"audit_entry", "user_account"}
    tables = {
        table.name: [tuple(row) for row in db.session.execute(table.select())]
        for table in Base.metadata.sorted_tables
        if table.name not in passed_over
    }
    db.session.remove()
    return tables


@pytest.mark.parametrize("where", ["//evil.example", "/\\evil", "https://evil.example", " /x"])
def test_sign_in_leads_only_to_pages_of_ours(closed_app: Flask, where: str) -> None:
    answer = closed_app.test_client().post(
        "/sign-in", query_string={"next": where}, data={"login": "desk", "password": PASSWORD}
    )
    assert answer.headers["Location"] == "/desk/"


@pytest.mark.parametrize(
    "page, asked",
    [
        ("/insight/loop", "unit=GHJS"),
        ("/desk/", "figure=delivered&since=2024-01-01&until=2024-12-31&unit=GHJS"),
        ("/desk/export.xlsx", "figure=delivered&since=2024-01-01&until=2024-12-31&unit=GHJS"),
        ("/admin/audit", ""),
    ],
)
def test_whoever_tries_what_is_not_theirs_leaves_a_trace(
    closed_app: Flask, page: str, asked: str
) -> None:
    assert person(closed_app, "unithead").get(f"{page}?{asked}").status_code == 403
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.object_id) == ("access.refused", page)
    assert (entry.role, entry.succeeded) == (Role.UNIT_HEAD, False)
    assert entry.after == ({"filter": asked} if asked else {})


def test_guessing_is_stopped(closed_app: Flask) -> None:
    client = closed_app.test_client()
    for _attempt in range(10):
        client.post("/sign-in", data={"login": "desk", "password": "wrong guess"})
    answer = client.post("/sign-in", data={"login": "desk", "password": PASSWORD})
    assert answer.status_code == 200
    assert "15" in answer.text


def test_passwords_are_kept_as_strongly_as_rfc_9106_asks() -> None:
    """The people of the tests have weaker hashes, to sign in quickly; those the product makes have not."""
    made = extract_parameters(hash_password(PASSWORD))
    assert made.type is Type.ID
    assert made.time_cost >= 3
    assert made.memory_cost >= 64 * 1024  # KiB
    assert made.salt_len >= 16
    assert made.hash_len >= 32
