"""Where tickets come from (来源渠道)."""

from collections.abc import Mapping

from servicedesk.core.words import N_

CHANNELS: Mapping[str, str] = {
    "portal": N_("网上服务大厅"),
    "visit": N_("上门服务"),
    "phone": N_("电话"),
    "counter": N_("窗口"),
    "12345": N_("12345转办"),
    "project": N_("项目节点"),
}
