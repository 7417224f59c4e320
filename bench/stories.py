"""What the tickets are about: the same texts and the same course of events for both products.

``SEARCHED`` is the two-character word that the search looks for; it is in one topic only.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SEARCHED = "光伏"
SPAN = timedelta(days=730)
RECENT = 0.05  # the newest twentieth of all tickets is where most open ones are
OPEN_AMONG_RECENT, OPEN_AMONG_OLDER = 0.9, 0.005

TOPICS: Sequence[tuple[str, str]] = (
    ("办理营业执照变更登记", "公司住所已经迁入标准厂房二期，需要变更营业执照住所并同步税务登记。"),
    ("申请用电增容", "新增两条生产线后负荷不足，需要把变压器容量增加到八百千伏安。"),
    ("屋顶光伏项目备案", "拟利用厂房屋顶建设分布式光伏电站，装机两兆瓦，需要办理备案和并网手续。"),
    ("环评手续咨询", "技改项目增加喷涂工序，不清楚做报告表还是登记表，请安排专人指导。"),
    ("消防验收预约", "二号车间装修已经完工，施工单位资料齐全，希望预约现场验收时间。"),
    ("招聘普工五十人", "订单增加，急需操作工五十名，希望通过园区专场招聘会解决。"),
    ("申报高新技术企业", "今年计划申报高新技术企业，研发费用归集需要辅导。"),
    ("贷款融资对接", "流动资金紧张，希望对接银行办理信用贷款三百万元。"),
    ("宿舍区道路积水", "连日下雨，职工宿舍门口道路积水严重，影响出行，请尽快疏通。"),
    ("供水压力不足", "每天早晚用水高峰水压不足，影响生产冷却系统运行。"),
    ("员工子女入学", "引进的三名技术骨干子女需要在附近小学就读，请协调学位。"),
    ("企业公章刻制备案", "法定代表人变更后需要重新刻制公章并办理备案。"),
    ("土地证办理进度", "土地出让金已经缴清三个月，不动产权证书还没有办下来。"),
    ("施工许可证办理", "研发楼图纸审查已通过，需要办理施工许可，请告知还缺哪些资料。"),
    ("社保参保登记", "新入职员工二十八人，需要办理参保登记和工伤保险。"),
    ("专利快速预审", "有一项发明专利希望走快速预审通道，请帮助联系保护中心。"),
    ("出口退税咨询", "第一次自营出口，退税资料如何准备，希望税务部门上门辅导。"),
    ("园区公交线路", "夜班职工下班没有公交，建议延长末班车时间到晚上十点半。"),
    ("废水排放接管", "污水预处理站已建成，需要办理排水许可并接入污水管网。"),
    ("技改项目备案", "计划投资一千二百万元改造冲压车间，需要办理技改备案。"),
    ("特种设备登记", "新购行车三台、叉车两台，需要办理使用登记证。"),
    ("奖补资金拨付", "去年认定的专精特新奖励资金还没有到账，请核实拨付进度。"),
    ("网络专线安装", "研发中心需要安装千兆专线，物业说管道不通，请协调运营商。"),
    ("厂房租金减免", "受市场影响开工不足，申请按照政策减免两个月厂房租金。"),
    ("人才公寓申请", "新引进的博士两人、硕士五人，需要申请人才公寓。"),
    ("安全生产培训", "希望组织一次有限空间作业的安全培训，参加人员约四十人。"),
    ("危废转移联单", "废矿物油已贮存半年，需要办理转移联单并推荐处置单位。"),
    ("商标注册指导", "准备注册两个产品商标，类别选择拿不准，请安排指导。"),
    ("通关手续协调", "进口设备到港一周未放行，延误安装，请协调海关加快查验。"),
    ("天然气接入", "锅炉煤改气，需要开通天然气，请燃气公司到现场勘察。"),
)
SENTENCES: Sequence[str] = (
    "我公司成立于二〇一六年，主要从事精密零部件的生产和销售。",
    "上周已经到窗口咨询过一次，工作人员说还需要补充材料。",
    "因交货期临近，希望能够在本月底之前办好。",
    "联系人周一至周五上班时间都可以接电话，也可以直接到厂里。",
    "相关材料扫描件都已准备好，原件在公司，随时可以提供。",
    "如果需要企业承担费用，请提前告知具体金额和收费依据。",
    "此前类似的事情拖了比较久，这次希望专人跟进。",
    "目前企业在册职工一百三十余人，去年产值约九千万元。",
    "请帮忙确认负责的部门和具体的经办人，以便我们直接对接。",
    "隔壁几家企业也有同样的需求，可以一并考虑解决。",
    "如需现场勘察，请提前一天通知，我们安排车间停机配合。",
    "对政策文件中的条件理解不清楚，希望能有书面的答复。",
    "法定代表人长期在外地，能否由经办人代为签字办理。",
    "感谢园区一直以来的支持，期待尽快得到回复。",
)
REPLIES: Sequence[str] = (
    "已与企业电话联系，材料基本齐全，今天内转交承办单位。",
    "现场看过，情况属实，已约好周四上午再次上门。",
    "已告知企业还缺一份盖章的授权书，企业答应明天送来。",
    "与相关科室会商后明确由我单位主办，预计三个工作日办结。",
    "手续已经办好，证照由专人送到企业，企业表示满意。",
    "电话回访企业经办人，确认事情已经办妥，没有额外跑动。",
)
COURSE: Sequence[str] = (
    "submit", "accept", "dispatch", "sign", "message", "resolve", "confirm", "rate", "close",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a ticket's timeline."""

    kind: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Story:
    """One ticket: ``events`` is as much of ``COURSE`` as it has come."""

    number: int
    title: str
    text: str
    events: Sequence[Event]

    @property
    def closed(self) -> bool:
        """Whether it has come to its end."""
        return len(self.events) == len(COURSE)

    def at(self, kind: str) -> datetime | None:
        """Return when an event happened, or ``None``."""
        return next((event.at for event in self.events if event.kind == kind), None)


def stories(tickets: int, now: datetime | None = None) -> Iterator[Story]:
    """Yield ``tickets`` stories, oldest first, the same ones every time for the same ``now``."""
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    chance = random.Random(20241124)
    for number in range(1, tickets + 1):
        submitted = now - SPAN * ((tickets - number + 1) / tickets)
        yield _story(chance, number, submitted, now, recent=number > tickets * (1 - RECENT))


def _story(
    chance: random.Random, number: int, submitted: datetime, now: datetime, *, recent: bool
) -> Story:
    title, opening = chance.choice(TOPICS)
    text = "".join([opening, *chance.sample(SENTENCES, 4)])
    is_open = chance.random() < (OPEN_AMONG_RECENT if recent else OPEN_AMONG_OLDER)
    length = chance.randint(1, len(COURSE) - 1) if is_open else len(COURSE)
    step = min(timedelta(hours=9), (now - submitted) / len(COURSE))
    events = [
        Event(kind, submitted + step * place, "" if place == 0 else chance.choice(REPLIES))
        for place, kind in enumerate(COURSE[:length])
    ]
    return Story(number, f"{title}（{number % 997}号）", text, events)
