"""Importing items through the page, and forms whose questions depend on answers."""

import io
import re

import pytest
from flask import Flask

from servicedesk.catalogue.editing import NEW, publish
from servicedesk.catalogue.exchange import write
from tests.support import Town
from tests.web.test_admin import Browser, admin, site
from tests.web.test_admin_catalogue import LIST, row, sound

__all__ = ["admin", "site"]


# Importing --------------------------------------------------------------------------------------


def test_importing_shows_first_and_takes_the_good_lines(admin: Browser) -> None:
    text = admin.get(f"{LIST}/export.yaml?category=A").text
    text = text.replace("name: 公章刻制备案", "name: 印章刻制备案", 1)
    text = text.replace("promised_days: 2\n", "promised_days: soon\n", 1)
    text += write([sound()]).split("items:\n")[1]
    page = admin.post(f"{LIST}/import", text=text, do="preview")
    assert page.status_code == 422
    line = text[: text.index("promised_days: soon")].count("\n") + 1
    assert re.search(
        rf"第{line}行</td><td[^>]*>A03</td><td>承诺工作日</td><td[^>]*>须是整数", page.text
    )
    assert re.search(r"名称：<del>公章刻制备案</del> → 印章刻制备案", page.text)
    assert "发布这2个事项" in page.text
    assert row("A02").version == 1
    seen = dict(re.findall(r'name="(seen-\w+)" value="(\d+)"', page.text))
    answer = admin.post(f"{LIST}/import", text=text, do="publish", **seen)
    assert answer.status_code == 302
    assert (row("A02").name, row("A02").version) == ("印章刻制备案", 2)
    assert (row("A03").version, row("A04").version, row("Z01").version) == (1, 1, 1)


def test_importing_does_not_run_over_what_changed_since_the_preview(admin: Browser) -> None:
    town = Town()
    publish(town.admin, sound(), NEW)
    text = write([sound(promised_days=9)])
    publish(town.admin, sound(promised_days=4), 1)
    answer = admin.post(f"{LIST}/import", text=text, do="publish", **{"seen-Z01": "1"})
    assert answer.status_code == 302
    assert row("Z01").promised_days == 4
    assert "没有导入：Z01" in admin.get(LIST).text


@pytest.mark.parametrize("content", [b"\xff\xfe\x00bad", b"items: [", b"", b"- 1\n- [a]\n- {}\n"])
def test_any_file_is_reported_on(admin: Browser, content: bytes) -> None:
    data = {"file": (io.BytesIO(content), "x.yaml"), "do": "publish"}
    answer = admin._open(
        f"{LIST}/import", method="POST", data=data, content_type="multipart/form-data"
    )
    assert answer.status_code == 422
    assert re.search(r"第\d+行", answer.text)


def test_a_code_twice_in_one_file_is_refused(admin: Browser) -> None:
    text = write([sound(), sound(name="又一个")])
    page = admin.post(f"{LIST}/import", text=text, do="preview").text
    assert "出现了两次" in page
    assert "发布这1个事项" in page


# Conditions on forms ----------------------------------------------------------------------------


@pytest.fixture
def dependent(site: Flask) -> Flask:
    """A listed item with a question that is asked for one answer only."""
    publish(Town().admin, sound(materials=[]), NEW)
    return site


def test_what_is_not_asked_is_neither_required_nor_kept(dependent: Flask) -> None:
    clerk = Browser(dependent, "alice")
    page = clerk.get("/portal/items/Z01/file").text
    assert 'data-when="purpose=施工"' in page
    fixed = {
        "title": "接电", "description": "请接电", "contact": "李工", "phone": "13800138000",
        "enterprise": str(Town().enterprise_id()),
    }  # fmt: skip
    asked = clerk.post("/portal/items/Z01/file", **fixed, key="k1", purpose="施工", site="")
    assert asked.status_code == 422
    answer = clerk.post("/portal/items/Z01/file", **fixed, key="k2", purpose="活动", site="剩下的")
    assert answer.status_code == 302, answer.text
    shown = clerk.get(answer.headers["Location"].removesuffix("/receipt")).text
    assert "活动" in shown
    assert "剩下的" not in shown


def test_a_ticket_page_shows_the_form_it_was_filed_with(dependent: Flask) -> None:
    town = Town()
    number = town.file(item="Z01", answers={"purpose": "施工", "site": "二期工地"}).number
    publish(town.admin, sound(name="改了名字", fields=[], materials=[]), 1)
    clerk, desk = Browser(dependent, "alice"), Browser(dependent, "desk")
    for browser, path in ((clerk, "/portal/requests/"), (desk, "/desk/tickets/")):
        page = browser.get(path + number).text
        for words in ("临时用电", "工地名称", "二期工地"):
            assert words in page, path
        assert "改了名字" not in page
    assert "临时用电" in clerk.get(f"/portal/requests/{number}/receipt").text
