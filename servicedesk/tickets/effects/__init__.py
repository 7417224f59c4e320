"""What each transition does to the ticket's row and its children, beside the new state.

The workflow table says *whether*; these small functions say *what is written*. Each gets the change
and reads only inputs that the table declares.
"""

from collections.abc import Callable, Mapping

from servicedesk.tickets.effects import desk, unit, waiting, word
from servicedesk.tickets.effects.change import Change as Change
from servicedesk.tickets.effects.word import RESULTS as RESULTS

EFFECTS: Mapping[str, Callable[[Change], None]] = {
    "accept": desk.accept,
    "decline": desk.decline,
    "dispatch": desk.dispatch,
    "merge": desk.merge,
    "split": desk.split,
    "mark_urgent": desk.mark_urgent,
    "unmark_urgent": desk.unmark_urgent,
    "hand_over": desk.hand_over,
    "sign": unit.sign,
    "return": unit.return_,
    "contest": unit.contest,
    "settle": unit.settle,
    "assign": unit.assign,
    "ask_support": unit.ask_support,
    "answer_support": unit.answer_support,
    "withdraw_support": unit.withdraw_support,
    "advance_stage": unit.advance_stage,
    "act": unit.act,
    "request_supplement": waiting.request_supplement,
    "ask_supplement_again": waiting.ask_supplement_again,
    "approve_supplement": waiting.approve_supplement,
    "refuse_supplement": waiting.refuse_supplement,
    "supplement": waiting.supplement,
    "abandon": waiting.abandon,
    "take_up": word.take_up,
    "suspend": waiting.suspend,
    "resume": waiting.resume,
    "ask_resume": waiting.ask_resume,
    "terminate": waiting.terminate,
    "request_extension": waiting.request_extension,
    "approve_extension": waiting.approve_extension,
    "refuse_extension": waiting.refuse_extension,
    "propose_plan": waiting.propose_plan,
    "approve_plan": waiting.approve_plan,
    "refuse_plan": waiting.refuse_plan,
    "reach_milestone": waiting.reach_milestone,
    "resolve": word.resolve,
    "resolve_with_problem": word.resolve_with_problem,
    "confirm": word.confirm,
    "dispute": word.dispute,
    "follow_up": word.follow_up,
    "miss": word.miss,
    "refuse_call": word.refuse_call,
    "close_unreached": word.close,
    "rework": word.rework,
    "rate": word.rate,
    "call_back": word.call_back,
    "close": word.close,
    "close_verified": word.close,
    "close_unrated": word.close,
    "reopen": word.reopen,
    "lift_false": word.lift_false,
    "urge": word.urge,
    "withdraw": word.withdraw,
}
