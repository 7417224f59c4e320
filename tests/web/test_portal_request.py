"""One request on the enterprise's side: what it says, the steps, the messages, whose it is."""

from flask import Flask
from lxml import html

from servicedesk.tickets.actions import send_message, take
from servicedesk.tickets.queries import uploads
from tests.support import Town
from tests.web.test_portal import FILE, Browser, alice, fields, files, tickets, words

__all__ = ["alice"]  # a fixture


def test_the_page_says_who_has_it_what_comes_next_and_until_when(
    alice: Browser, town: Town
) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    page = words(alice.get(f"/portal/requests/{ticket.number}"))
    assert "区市场监督管理局，承办人 officer 甲" in page
    assert "2024年3月6日 17:30" in page
    assert "已派给区市场监督管理局" in page


def test_notes_and_internal_steps_stay_inside(alice: Browser, town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "return", "dispatch", "sign")
    send_message(town.officer, ticket.id, "内部意见", internal=True)
    send_message(town.officer, ticket.id, "请明天来一趟")
    page = words(alice.get(f"/portal/requests/{ticket.number}"))
    assert "请明天来一趟" in page
    assert "内部意见" not in page
    assert "退单" not in page


def test_a_supplement_is_answered_with_a_file(alice: Browser, town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "request_supplement")
    page = words(alice.get(f"/portal/requests/{ticket.number}"))
    assert "请补充住所使用证明。" in page
    assert "办理时限已暂停" in page
    empty = alice.step(ticket, "supplement", answer="", files=files("证明.pdf"))
    assert empty.status_code == 422
    token = fields(empty)["uploads"]
    assert alice.step(ticket, "supplement", answer="已补", uploads=[token]).status_code == 302
    assert tickets()[0].state == "in_progress"
    assert [one.name for one in uploads(ticket.id)] == ["证明.pdf"]


def test_confirm_then_rate(alice: Browser, town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "resolve")
    assert "执照已领取。" in words(alice.get(f"/portal/requests/{ticket.number}"))
    assert alice.step(ticket, "confirm").status_code == 302
    bare = alice.step(ticket, "rate", level="1", comment="太慢了")
    assert bare.status_code == 422
    assert "请告诉我们不满意的原因" in words(bare)
    assert "太慢了" in bare.text
    assert alice.step(ticket, "rate", level="1", reasons=["slow"], comment="慢").status_code == 302
    page = words(alice.get(f"/portal/requests/{ticket.number}"))
    assert "非常不满意" in page
    assert tickets()[0].rating == 1


def test_a_good_rating_drops_reasons(alice: Browser, town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "confirm")
    assert alice.step(ticket, "rate", level="5", reasons=["slow"]).status_code == 302
    assert "办理慢" not in words(alice.get(f"/portal/requests/{ticket.number}"))


def test_what_is_not_solved_goes_back(alice: Browser, town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "resolve")
    assert alice.step(ticket, "dispute", reason="").status_code == 422
    assert alice.step(ticket, "dispute", reason="没拿到").status_code == 302
    assert tickets()[0].state == "in_progress"


def test_withdraw(alice: Browser, town: Town) -> None:
    ticket = town.file()
    assert alice.step(ticket, "withdraw", reason="不办了").status_code == 302
    page = words(alice.get(f"/portal/requests/{ticket.number}"))
    assert "您已撤回" in page
    assert "不办了" in page


def test_a_declined_request_says_why_and_where_to_go(alice: Browser, town: Town) -> None:
    ticket = town.walk(town.file(), "decline")
    page = words(alice.get(f"/portal/requests/{ticket.number}"))
    assert "不属于园区事项" in page
    assert "区政务服务中心" in page


def test_a_conflict_keeps_the_text_and_shows_what_changed(alice: Browser, town: Town) -> None:
    ticket = town.file()
    seen = alice.seen(ticket, "withdraw")
    town.walk(ticket, "accept")
    answer = alice.step(ticket, "withdraw", reason="我写的理由", seen=seen)
    assert answer.status_code == 409
    assert "我写的理由" in answer.text
    assert "服务台已受理您的申请" in words(answer)
    tree = html.fromstring(answer.text)
    [now] = tree.xpath("//details[@id='step-withdraw']//input[@name='seen']/@value")
    assert now != seen
    assert alice.step(ticket, "withdraw", reason="我写的理由", seen=now).status_code == 302


def test_text_for_a_step_that_is_gone_is_not_lost(alice: Browser, town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "request_supplement")
    seen = alice.seen(ticket, "supplement")
    take(town.desk, ticket.id, "supplement", {"answer": "窗口代交"})
    answer = alice.step(ticket, "supplement", answer="写了很久", seen=seen)
    assert answer.status_code == 409
    assert "写了很久" in words(answer)


def test_messages_go_both_ways(alice: Browser, town: Town) -> None:
    ticket = town.file()
    page = f"/portal/requests/{ticket.number}"
    assert alice.post(f"{page}/messages", {"body": ""}).status_code == 422
    sent = {"body": "什么时候办好？", "files": files("图.png")}
    assert alice.post(f"{page}/messages", sent).status_code == 302
    send_message(town.desk, ticket.id, "明天")
    shown = words(alice.get(page))
    assert "什么时候办好？" in shown
    assert "明天" in shown
    assert "图.png" in shown


def test_another_enterprises_ticket_does_not_exist(app: Flask, town: Town) -> None:
    ticket, bob = town.walk(town.file(), "accept"), Browser(app, "bob")
    page = f"/portal/requests/{ticket.number}"
    for url in (page, f"{page}/receipt", f"{page}/qr.svg"):
        assert bob.get(url).status_code == 404
    for url in (f"{page}/act/withdraw", f"{page}/messages"):
        assert bob.post(url, {"seen": "1", "reason": "x", "body": "x"}).status_code == 404
    assert ticket.number not in bob.get("/portal/requests").text
    assert tickets()[0].state == "accepted"


def test_another_enterprises_file_does_not_exist(app: Flask, alice: Browser, town: Town) -> None:
    alice.post(FILE, alice.form(files=files("执照.png")))
    [upload] = uploads(tickets()[0].id)
    assert alice.get(f"/files/{upload.token}").status_code == 200
    assert Browser(app, "bob").get(f"/files/{upload.token}").status_code == 404


def test_steps_of_staff_are_not_there(alice: Browser, town: Town) -> None:
    ticket = town.file()
    url = f"/portal/requests/{ticket.number}/act/accept"
    assert alice.post(url, {"seen": "1"}).status_code == 404
